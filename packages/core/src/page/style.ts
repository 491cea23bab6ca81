/** The styles of all pages: of the registry's, of reports and of their pictures. No page has a style of its own. */
export const STYLE = `
:root { color-scheme: light dark; --text: light-dark(#1f2328, #e6edf3); --back: light-dark(#fff, #0d1117); --line: light-dark(#d8dee4, #3d444d); --soft: light-dark(#59636e, #9198a1); --link: light-dark(#0550ae, #79b8ff); --code: light-dark(#f3f5f7, #1d2228); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 0 auto 3rem; padding: 0 1rem; color: var(--text); background: var(--back); }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1.5rem; padding: .8rem 0; border-bottom: 1px solid var(--line); }
h1 { margin: 1.2rem 0 .6rem; font-size: 1.7rem; overflow-wrap: anywhere; } h2 { margin: 2rem 0 .3rem; font-size: 1.2rem; }
a { color: var(--link); } nav { overflow-wrap: anywhere; }
a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); padding: .5rem 0; }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; } tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 7rem; } td:has(> .short) { white-space: nowrap; } tr:target { background: var(--code); }
th.number, td.number { text-align: right; } .number, time { font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .875em ui-monospace, monospace; background: var(--code); padding: .15em .35em; border-radius: .25em; overflow-wrap: anywhere; } code[data-copy] { user-select: all; }
.lines { display: inline-block; white-space: pre-wrap; } .short { display: inline-block; max-width: 19ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.soft { color: var(--soft); } .scroll { overflow-x: auto; }
button, input { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--soft); border-radius: .35em; padding: .2em .6em; } input { min-width: 0; }
button { cursor: pointer; background: var(--code); } button.copy { font-size: .75em; padding: .1em .5em; margin-left: .3em; }
form { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin: .3rem 0; }
.tree, .tree ul { list-style: none; padding-left: 1.1rem; } .tree { padding-left: 0; } .tree li { padding: .15rem 0; overflow-wrap: anywhere; } summary { cursor: pointer; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; } .figures div { display: flex; flex-direction: column-reverse; }
.figures dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; } .figures dt { color: var(--soft); }
.fields { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .35rem 1.2rem; } .fields dt { color: var(--soft); overflow-wrap: anywhere; } .fields dd { margin: 0; min-width: 0; overflow-wrap: anywhere; } .fields ul { margin: 0; padding: 0; list-style: none; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; } svg a:focus-visible { outline: none; } svg a:focus-visible .tile { stroke: var(--text); stroke-width: 4; }
.project { font-weight: 600; fill: currentColor; } .tile { stroke: var(--back); }
.age0 { fill: #0b4f8a; } .age1 { fill: #2a72ab; } .age2 { fill: #8ebfe0; } .age3 { fill: #c9dfee; } .age4 { fill: #e9e4d8; }
.on0, .on1 { fill: #fff; } .on2, .on3, .on4 { fill: #10212e; }
.hatch { fill: url(#hatch); } .goes { fill: none; stroke: #d1242f; stroke-width: 3; stroke-dasharray: 6 3; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; color: var(--soft); } .legend svg { width: 1em; height: 1em; vertical-align: -.1em; margin-right: .35em; }
svg.bars { width: 120px; height: 18px; } .bars rect { fill: var(--link); }
@media (max-width: 40rem) { .fields { grid-template-columns: 1fr; gap: 0; } .fields dd { margin-bottom: .6rem; } }
@media print { :root { color-scheme: light; } body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; } .scroll { overflow: visible; } form, button { display: none; } }
`;
