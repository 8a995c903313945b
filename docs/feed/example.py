"""Prints the picture: `python3 docs/feed/example.py [HOST:PORT]`, with `fairway demo` running beside it."""

import json
import socket
import struct
import sys
import zlib

host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4711").rpartition(":")
feed = socket.create_connection((host, int(port)))
hello = {"hello": {"client": "example", "subscriptions": [{"things": ["tracks", "alerts"], "detail": "standard"}]}}
feed.sendall(json.dumps(hello).encode() + b"\n")

tracks, alerts = {}, {}
for line in feed.makefile(encoding="utf-8"):
    message = json.loads(line)
    if track := message.get("track"):
        tracks[track["id"]] = track
    elif gone := message.get("track_gone") or message.get("leave"):
        tracks.pop(gone.get("id") or gone.get("track"), None)
    elif alert := message.get("alert"):
        alerts[alert["id"]] = alert
        if alert["state"] == "cleared":
            del alerts[alert["id"]]
    elif digest := message.get("digest"):
        crc = 0
        for key in sorted(tracks):
            crc = zlib.crc32(struct.pack("<QQ", key, tracks[key]["version"]), crc)
        print(f"{len(tracks)} tracks, as the engine says: {crc == digest['tracks']['crc']}", flush=True)
    elif error := message.get("error"):
        sys.exit(f"{error['code']} {error['text']}")
    elif "snapshot_end" in message:
        for key, track in sorted(tracks.items()):
            name = track.get("identity", {}).get("name", "?")
            speed = f"{track['sog_kn']:5.1f} kn" if "sog_kn" in track else "       ?"
            print(f"{key:6} {name:20} {track['lat']:9.5f} {track['lon']:10.5f} {speed}  {track['life']}")
        for alert in alerts.values():
            print(f"{alert['priority']}: {alert['text_en']}")
