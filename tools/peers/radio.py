"""Does Fairway hear a stranger's radio?

    python3 tools/peers/radio.py target/debug/fairway

ffmpeg sends three channels by RTP (µ-law, A-law, Opus of libopus), a second of tone in each two; the engine records them, and
`fairway record voice` says who spoke when and writes the sound, which must be that tone at those times. Exit 1 where it is not.
"""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

TONE_HZ = 1000
SPURTS = 3
LIMIT_S = 20
# Name, what ffmpeg makes of the tone, and its rate.
CHANNELS = [
    ("mu-law", ["-c:a", "pcm_mulaw"], 8000),
    ("a-law", ["-c:a", "pcm_alaw"], 8000),
    ("opus", ["-c:a", "libopus", "-application", "voip", "-b:a", "24k"], 48000),
]


def free_port() -> int:
    """RTP takes an even one."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            if one.getsockname()[1] % 2 == 0:
                return one.getsockname()[1]


def find_ffmpeg() -> str | None:
    if found := shutil.which("ffmpeg"):
        return found
    if os.geteuid() != 0:
        return None
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "ffmpeg"]
    done = subprocess.run(command, capture_output=True)
    return shutil.which("ffmpeg") if done.returncode == 0 else None


def send(ffmpeg: str, codec: list[str], rate: int, port: int) -> subprocess.Popen:
    tone = f"0.5*sin(2*PI*{TONE_HZ}*t)*between(mod(t\\,2)\\,0.5\\,1.5)"
    source = f"aevalsrc={tone}:s={rate}:d={2 * SPURTS}"
    command = [ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi", "-i", source]
    return subprocess.Popen([*command, "-ac", "1", *codec, "-f", "rtp", f"rtp://127.0.0.1:{port}"], stdout=subprocess.DEVNULL)


def level_db(samples: list[int]) -> float:
    """How much of the tone is in it, below a sine at full scale."""
    sums = [sum(s * f(2 * math.pi * TONE_HZ * n / 8000) for n, s in enumerate(samples)) for f in (math.cos, math.sin)]
    return 20 * math.log10(max(math.hypot(*sums) * 2 / len(samples) / 32768, 1e-9))


def heard(fairway: str, recording: Path, channel: str) -> list[str]:
    """What is wrong with it."""
    wav = recording.parent / f"{channel}.wav"
    command = [fairway, "record", "voice", recording, "--channel", channel, "--json", "--wav", wav]
    done = subprocess.run(command, capture_output=True, text=True)
    spoken = [json.loads(line) for line in done.stdout.splitlines()]
    lengths = [(one["to_us"] - one["from_us"]) / 1e6 for one in spoken]
    with wave.open(str(wav)) as file:
        rate = file.getframerate()
        raw = file.readframes(file.getnframes())
    samples = [int.from_bytes(raw[at : at + 2], "little", signed=True) for at in range(0, len(raw), 2)]
    starts: list[float] = []
    for n, sample in enumerate(samples):
        if abs(sample) > 4000 and (not starts or n / rate > starts[-1] + 1.5):
            starts.append(n / rate)
    wrong = [] if done.returncode == 0 else [done.stderr.strip()]
    if len(spoken) != SPURTS or any(abs(length - 1) > 0.15 for length in lengths):
        wrong.append(f"spoke for {lengths} s, {SPURTS} times a second was sent")
    if len(starts) != SPURTS or any(abs(b - a - 2) > 0.05 for a, b in zip(starts, starts[1:])):
        wrong.append(f"begins at {starts}, each two seconds was sent")
    for start in starts:
        level = level_db(samples[int((start + 0.2) * rate) : int((start + 0.8) * rate)])
        if not -8 < level < -4.5:
            wrong.append(f"the tone at {start:.2f} s is at {level:.1f} dB, -6 was sent")
    print(f"{channel}: {len(spoken)} spurts of {lengths} s, begins {[round(it, 3) for it in starts]}{': WRONG' if wrong else ''}")
    return [f"{channel}: {one}" for one in wrong]


def main(fairway: str) -> int:
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        print("skipped: radio (no ffmpeg, and none can be installed)")
        return 0
    with tempfile.TemporaryDirectory() as home:
        ports = [free_port() for _ in CHANNELS]
        sources = "".join(
            f'[[source]]\nname = "{name}"\nkind = "udp"\naddress = "127.0.0.1:{port}"\nformat = "voice"\n'
            for (name, *_), port in zip(CHANNELS, ports)
        )
        config = Path(home, "fairway.toml")
        config.write_text(f'{sources}[feed]\njson = "127.0.0.1:0"\n[record]\npath = "recording"\n')
        engine = subprocess.Popen([fairway, "run", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert engine.stdout and engine.stdout.readline()
        time.sleep(0.5)
        senders = [send(ffmpeg, codec, rate, port) for (_, codec, rate), port in zip(CHANNELS, ports)]
        for sender in senders:
            sender.wait(LIMIT_S)
        time.sleep(2)
        engine.terminate()
        engine.communicate(timeout=LIMIT_S)
        wrong = [one for name, *_ in CHANNELS for one in heard(fairway, Path(home, "recording"), name)]
    for one in wrong:
        print(one)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
