"""Rewrites a docker-archive's manifest.json with another name; everything else stays as it is."""
import io, sys, tarfile

source, before, after, target = sys.argv[1:]
with tarfile.open(source) as old, tarfile.open(target, "w", format=old.format) as new:
    for member in old:
        body = old.extractfile(member)
        data = body.read() if body else b""
        if member.name == "manifest.json":
            data = data.replace(before.encode(), after.encode())
            member.size = len(data)
        new.addfile(member, io.BytesIO(data))
