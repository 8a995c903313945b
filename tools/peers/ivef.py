"""An IVEF 0.2.5 server that shares no code with ours: written from the standard's text, to be a client's stranger.

    ivef.py PORT_FILE [SCHEMA]

Listens on a free port of localhost, writes its number to PORT_FILE, and plays five sessions with whoever connects:
each checks what the client says, against the schema too where that and lxml are at hand.

1. accepts the login, sends objects at once, restricts the service, sends pictures, pings, and hangs up in the middle
   of a message;
2. the same client again; from now on packed with zlib, in odd pieces; with faults in between, and a track dropped;
3. declines the login;
4. falls silent: the client must ping, and hang up when nothing answers;
5. serves until the client logs out.

Prints what it sent as one JSON object; exit 1, and why, where the client did wrong.
"""

import json
import re
import socket
import sys
import uuid
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

NAMESPACE = "http://www.iala-to-be-confirmed.org/XMLSchema/IVEF/0.2.5"
USER, PASSWORD = "vts-b", "s3cret & <odd>"
PATIENCE_S = 30
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z")
IDENTITY = re.compile(r"\{[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\}", re.IGNORECASE)


class Wrong(Exception):
    """What the client did."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Wrong(what)


def now(offset_s: float = 0.0) -> str:
    at = datetime.now(timezone.utc) + timedelta(seconds=offset_s)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def message(body: str) -> bytes:
    identity = "{" + str(uuid.uuid4()) + "}"
    return (f'<MSG_IVEF xmlns="{NAMESPACE}"><Header MsgRefId="{identity}" Version="0.2.5"/>'
            f"<Body>{body}</Body></MSG_IVEF>\n").encode()


def track(number: int, lat: float, lon: float, status: int = 1, cog: str = "90.0", more: str = "",
          at: str | None = None) -> str:
    return (f'<ObjectData><TrackData COG="{cog}" SOG="5.0" Id="{number}" SourceName="Stranger VTS" '
            f'UpdateTime="{at or now()}" TrackStatus="{status}" {more}><Pos EstAccLat="9" EstAccLong="7" '
            f'Lat="{lat:.5f}" Long="{lon:.5f}"/><NavStatus Value="0"/></TrackData>'
            f'<VesselData Class="1" Id="{number}" SourceName="Stranger VTS" SourceType="4" UpdateTime="{now()}">'
            f'<Identifier Name="STRANGER {number}" MMSI="{413000000 + number}"/></VesselData></ObjectData>')


def objects(*some: str) -> bytes:
    return message("<ObjectDatas>" + "".join(some) + "</ObjectDatas>")


class Session:
    """One connection: what the client says comes in whole messages, checked."""

    def __init__(self, listener: socket.socket, schema, sent: dict[str, int], packed: bool) -> None:
        listener.settimeout(PATIENCE_S)
        self.socket, _ = listener.accept()
        self.socket.settimeout(PATIENCE_S)
        self.schema, self.sent, self.packed = schema, sent, packed
        self.buffer = b""
        self.seen: set[str] = set()

    def send(self, data: bytes, piece: int = 1 << 16) -> None:
        if self.packed:
            data = zlib.compress(data)
        for at in range(0, len(data), piece):
            self.socket.sendall(data[at:at + piece])

    def read(self) -> ElementTree.Element | None:
        """The next message; None at the end of the connection."""
        end = b"</MSG_IVEF>"
        while end not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                expect(not self.buffer.strip(), f"half a message left: {self.buffer!r}")
                return None
            self.buffer += data
        text, self.buffer = self.buffer.split(end, 1)
        text += end
        if self.schema is not None:
            self.schema.assertValid(self.schema.parse(text))
        root = ElementTree.fromstring(text)
        expect(root.tag == f"{{{NAMESPACE}}}MSG_IVEF", f"root {root.tag}")
        header = root[0]
        identity = header.get("MsgRefId", "")
        expect(bool(IDENTITY.fullmatch(identity)), f"identity {identity}")
        expect(identity not in self.seen, f"identity {identity} comes twice")
        self.seen.add(identity)
        return root

    def next(self, kind: str, answer: bool = True) -> tuple[str, ElementTree.Element]:
        """The next message but pings, which are answered or not: its identity and its element."""
        while True:
            root = self.read()
            if root is None:
                raise Wrong(f"hung up instead of {kind}")
            identity, element = root[0].get("MsgRefId"), root[1][0]
            name = element.tag.split("}")[1]
            if name == "Ping" and kind != "Ping":
                if answer:
                    self.pong(identity)
                continue
            expect(name == kind, f"{name} instead of {kind}")
            return identity, element

    def pong(self, identity: str) -> None:
        self.send(message(f'<Pong ResponseOn="{identity}" SourceId="7" TimeStamp="{now()}"/>'))
        self.sent["messages"] += 1

    def ends(self) -> bool:
        """Whether nothing more comes but pings that were under way."""
        while (root := self.read()) is not None:
            if not root[1][0].tag.endswith("}Ping"):
                return False
        return True

    def login(self, result: int = 1, reason: str = "") -> None:
        identity, login = self.next("LoginRequest")
        expect(login.attrib == {"Encryption": "1", "Name": USER, "Password": PASSWORD}, f"login {login.attrib}")
        more = f" Reason={quoteattr(reason)}" if reason else ""
        self.send(message(f'<LoginResponse ResponseOn="{identity}" Result="{result}"{more}/>'))

    def service(self, result: int = 1, reason: str = "") -> None:
        identity, request = self.next("ServiceRequest")
        name = f"{{{NAMESPACE}}}"
        areas = [[(float(pos.get("Lat")), float(pos.get("Long"))) for pos in area] for area in request.iter(name + "Area")]
        expect(areas == [[(29.6, 122.0), (29.6, 122.6), (30.1, 122.6), (30.1, 122.0)]], f"areas {areas}")
        transmission = request.find(name + "Transmission")
        expect(transmission.attrib == {"Type": "2", "Period": "2.5"}, f"transmission {transmission.attrib}")
        wanted = [item.get("DataSelector") for item in request.iter(name + "Item")]
        expect(wanted == ["1", "2", "3"], f"items {wanted}")
        predicate = request.find(name + "Filter").get("Predicate")
        expect(predicate == "//ObjectData[TrackData[@SOG > 1]]", f"filter {predicate}")
        more = f" Reason={quoteattr(reason)}" if reason else ""
        self.send(message(f'<ServiceRequestResponse ResponseOn="{identity}" Result="{result}"{more}/>'))

    def close(self) -> None:
        self.socket.close()


def picture(step: int) -> list[str]:
    """Twenty tracks, a period after those of the step before; the last step is half a minute ago."""
    at = now(-70 + step * 2.5)
    return [track(100 + n, 29.7 + n * 0.01, 122.1 + step * 0.0001, at=at) for n in range(20)]


def play(listener: socket.socket, schema) -> dict[str, int]:
    sent = {"objects": 0, "repeated_objects": 0, "refused_objects": 0, "messages": 0}

    def tell(session: Session, *some: str, piece: int = 1 << 16) -> None:
        session.send(objects(*some), piece)
        sent["objects"] += len(some)
        sent["messages"] += 1

    one = Session(listener, schema, sent, packed=False)
    one.login()
    tell(one, track(1, 29.65, 122.05))
    one.service(3, 'area clipped to "licence" & more')
    for step in range(10):
        tell(one, *picture(step), piece=997)
    one.send(message(f'<Ping TimeStamp="{now()}"/>'))
    _, pong = one.next("Pong")
    expect(bool(TIMESTAMP.fullmatch(pong.get("TimeStamp"))), f"time {pong.get('TimeStamp')}")
    sent["messages"] += 3
    whole = objects(*picture(10))
    one.send(whole[:len(whole) // 2])
    one.close()

    two = Session(listener, schema, sent, packed=True)
    two.login()
    two.service()
    for step in range(11, 15):
        same = picture(step)
        tell(two, *same, piece=61)
    two.send(objects(*same))
    sent["repeated_objects"] += len(same)
    sent["messages"] += 1
    two.send(b"<?xml version='1.0' encoding='UTF-8'?>\n<!-- hello -->" + objects(
        track(500, 29.8, 122.2, cog="90,0"), track(501, 29.8, 122.2, more='Colour="red"')))
    two.send(b"<MSG_IVEF><Header/></MSG_IVEF>junk")
    two.send(message('<ServerStatus Status="false" Details="overload: object data dropped"/>'))
    tell(two, track(100, 29.7, 122.1014, status=3))
    sent["messages"] += 4
    sent["objects"] += 1
    sent["refused_objects"] += 1
    two.send(message(f'<Ping TimeStamp="{now()}"/>'))
    two.next("Pong")
    sent["messages"] += 1
    two.send(message("<Logout/>"))
    sent["messages"] += 1
    expect(two.ends(), "went on after a logout")
    two.close()

    three = Session(listener, schema, sent, packed=False)
    three.login(2, "no licence for this hour")
    expect(three.ends(), "went on after the login was declined")
    three.close()
    sent["messages"] += 1

    four = Session(listener, schema, sent, packed=False)
    four.login()
    four.service(2, "not now")
    four.next("Ping")
    expect(four.ends(), "did not hang up although nobody answered")
    four.close()
    sent["messages"] += 2

    five = Session(listener, schema, sent, packed=True)
    five.login()
    five.service()
    tell(five, track(2, 29.66, 122.06))
    sent["messages"] += 2
    print(json.dumps(sent), flush=True)
    # Nothing that was not counted above is sent any more.
    five.next("Logout", answer=False)
    expect(five.ends(), "went on after its logout")
    five.close()
    return sent


class Schema:
    """The standard's schema, as lxml knows it."""

    def __init__(self, path: str) -> None:
        from lxml import etree
        self.parse = etree.fromstring
        self.schema = etree.XMLSchema(etree.parse(path))
        self.assertValid = self.schema.assertValid


def main() -> int:
    schema = Schema(sys.argv[2]) if len(sys.argv) > 2 else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        partial = Path(sys.argv[1] + ".new")
        partial.write_text(str(listener.getsockname()[1]))
        partial.rename(sys.argv[1])
        try:
            play(listener, schema)
        except (Wrong, OSError) as error:
            print(f"ivef.py: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
