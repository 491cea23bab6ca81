const DATE = /^([0-9]{4}-[0-9]{2}-[0-9]{2})/.source;
const CLOCK = /(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,]([0-9]+))?)?/.source;
const ZONE = / ?(Z|[+-][0-9]{2}:?[0-9]{2})?$/.source;
const TIME = new RegExp(`${DATE}${CLOCK}${ZONE}`, 'i');
const EPOCH = /^[0-9]{9,16}(?:\.[0-9]+)?$/;
/** Larger numbers are milliseconds since 1970: as seconds they would be after the year 5000. */
const MAX_SECONDS = 1e11;

/**
 * Converts a time as tools write it to ISO 8601 in UTC, so that times compare as text: a date with or without a time of day, UTC
 * when it names no zone; or seconds or milliseconds since 1970.
 *
 * @returns undefined for everything else
 */
export function parseTime(text: string): string | undefined {
  if (EPOCH.test(text)) {
    const number = Number(text);
    return formatTime(number < MAX_SECONDS ? number * 1000 : number);
  }
  const [, date, clock = '00:00', fraction = '', zone = 'Z'] = TIME.exec(text) ?? [];
  if (date === undefined) return undefined;
  const seconds = clock.length === 'hh:mm'.length ? `${clock}:00` : clock;
  const offset = zone.toUpperCase().replace(/^(.[0-9]{2})([0-9]{2})$/, '$1:$2');
  return formatTime(
    Date.parse(`${date}T${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`),
  );
}

function formatTime(ms: number): string | undefined {
  const time = new Date(ms);
  const year = Number.isNaN(ms) ? NaN : time.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? time.toISOString() : undefined;
}
