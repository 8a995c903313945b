"use strict";
// So long behind her last point, milliseconds, a ship is still shown: one at anchor speaks every three minutes.
const LATE = 180000;
// Text goes into the page as text, never as markup: names are what strangers sent.
const at = (id) => document.getElementById(id);
const make = (tag, text, parent, kind) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
};
const pieces = shown.tracks
  .map((track) => ({
    ...track,
    points: track.points.map(([time, lon, lat, sog, cog, sigma, sources]) => ({
      t: Date.parse(time), lon, lat, sog, cog, sigma, sources,
    })),
  }))
  .filter((track) => track.points.length > 0);
const times = pieces.flatMap((it) => [it.points[0].t, it.points[it.points.length - 1].t]);
const from = times.reduce((a, b) => Math.min(a, b), Infinity);
const to = times.reduce((a, b) => Math.max(a, b), -Infinity);
const title = (it) => it.name || (it.mmsi ? "MMSI " + it.mmsi : "track " + it.track);
const utc = (t) => (Number.isFinite(t) ? new Date(t).toISOString().slice(0, 19).replace("T", " ") : "–");

// What it is.
const head = make("table", undefined, at("head"));
const row = (name, value) => {
  const line = make("tr", undefined, head);
  make("th", name, line);
  make("td", value, line);
};
row("Case / 案号", manifest.case);
row("Why / 理由", manifest.why);
row("By / 制作", manifest.by + ", " + manifest.made);
row("Time / 时间", utc(from) + " – " + utc(to) + " UTC");
// In a package that leaves somebody out there are no originals.
const originals = manifest.originals || { segments: [], keys: [], faults: [] };
const left = manifest.redacted;
const segments = originals.segments.length ? ", segments " + originals.segments.join(" – ") : "";
row("Recording / 记录", manifest.recording + segments);
row("Software / 软件", "fairway " + manifest.recorded_by.version + ", configuration SHA-256 " + manifest.recorded_by.config_sha256);
if (left) row("Made from / 原件", left.of + ", SHA-256 " + left.of_sha256);
else row("Sealed with / 公钥", originals.keys.join(", ") || "not sealed / 未封存");

// What is not in it.
const missing = [
  ...originals.faults,
  ...manifest.tracks.faults,
  ...manifest.tracks.holes.map((it) => it.from + " – " + it.to + ": " + it.what + ": " + it.reason),
];
if (left) {
  if (left.vessels_left_out) missing.push("vessels left out / 隐去船舶: " + left.vessels_left_out);
  if (left.radio_left_out) missing.push("the radio is left out / 隐去无线电话");
  missing.push("originals: " + left.originals, "pictures of cameras and what consoles showed / 摄像机照片与席位显示内容");
}
if (shown.every > 1) missing.push("this page shows one point in " + shown.every + "; derived/ has all");
if (missing.length === 0 && manifest.tracks.gaps.length === 0) missing.push("nothing that is known / 无已知空缺");
const box = make("div", undefined, at("missing"), "warn");
make("b", "What is not in here / 空缺", box);
const list = make("ul", undefined, box);
for (const line of missing) make("li", line, list);
const gaps = manifest.tracks.gaps.length;
if (gaps) make("li", gaps + " gaps of tracks: manifest.json names each / 航迹空缺 " + gaps + " 处", list);

// The chart.
if (shown.waters) at("chart").textContent = shown.waters.note.join(" ");
const canvas = at("map");
const pen = canvas.getContext("2d");
let [south, west, north, east] = [90, 180, -90, -180];
for (const piece of pieces) {
  for (const it of piece.points) {
    south = Math.min(south, it.lat); north = Math.max(north, it.lat);
    west = Math.min(west, it.lon); east = Math.max(east, it.lon);
  }
}
let now = from, chosen = null, view = null;
const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
const fit = () => {
  const { clientWidth: w, clientHeight: h } = canvas;
  const scale = 0.9 * Math.min(w / Math.max((east - west) * narrow, 0.002), h / Math.max(north - south, 0.002));
  view = { lon: (west + east) / 2, lat: (south + north) / 2, scale };
};
const x = (lon) => canvas.clientWidth / 2 + (lon - view.lon) * narrow * view.scale;
const y = (lat) => canvas.clientHeight / 2 - (lat - view.lat) * view.scale;
const path = (line) => {
  line.forEach(([lon, lat], n) => (n ? pen.lineTo(x(lon), y(lat)) : pen.moveTo(x(lon), y(lat))));
};
const COLOURS = { zone: "#8a6d3b", route: "#5e7f99", bridge: "#4b5560", span: "#1f7a4d" };
const below = () => {
  if (!shown.waters) return;
  // Filled only: where a polygon is cut there is no shore.
  pen.fillStyle = "#e4d8bb";
  pen.beginPath();
  for (const ring of shown.waters.land) path(ring);
  pen.fill("evenodd");
  for (const it of shown.waters.drawn) {
    pen.strokeStyle = pen.fillStyle = COLOURS[it.kind] || "#7a4fa3";
    pen.lineWidth = it.kind === "span" ? 4 : 1;
    pen.setLineDash(it.kind === "zone" ? [6, 3] : it.kind === "route" ? [2, 4] : []);
    pen.beginPath();
    path(it.line);
    pen.stroke();
    pen.setLineDash([]);
    if (it.kind !== "span" && it.line.length) pen.fillText(it.name, x(it.line[0][0]) + 3, y(it.line[0][1]) - 3);
  }
};
const draw = () => {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (!view) fit();
  at("clock").textContent = utc(now);
  at("time").value = to > from ? ((now - from) / (to - from)) * 10000 : 0;
  pen.font = "12px sans-serif";
  below();
  for (const piece of pieces) {
    const mine = chosen === null || chosen === title(piece);
    pen.strokeStyle = mine ? "#2f6fab" : "#c3d0da";
    pen.lineWidth = chosen !== null && mine ? 2 : 1;
    pen.beginPath();
    let last = null;
    for (const it of piece.points) {
      if (it.t > now) break;
      if (last) pen.lineTo(x(it.lon), y(it.lat)); else pen.moveTo(x(it.lon), y(it.lat));
      last = it;
    }
    pen.stroke();
    const end = piece.points[piece.points.length - 1];
    // Behind her last point nobody knows where she is: for a while a ring says where she was.
    if (!last || now - end.t > LATE) continue;
    pen.fillStyle = pen.strokeStyle = mine ? "#16222e" : "#9fb0bd";
    pen.beginPath();
    pen.arc(x(last.lon), y(last.lat), 3.5, 0, 7);
    if (end.t < now) pen.stroke(); else pen.fill();
    if (mine && (chosen !== null || pieces.length < 60)) {
      const say = title(piece) + (last.sog === null ? "" : "  " + last.sog.toFixed(1) + " kn");
      pen.fillText(say, x(last.lon) + 7, y(last.lat) - 5);
      if (chosen !== null) {
        const sure = last.sigma === null ? "" : "σ " + last.sigma.toFixed(1) + " m, ";
        pen.fillText(utc(last.t).slice(11) + "  " + sure + (last.sources || ""), x(last.lon) + 7, y(last.lat) + 10);
      }
    }
  }
};
let hold = null;
canvas.addEventListener("pointerdown", (event) => {
  hold = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!hold) return;
  view.lon -= (event.clientX - hold[0]) / (narrow * view.scale);
  view.lat += (event.clientY - hold[1]) / view.scale;
  hold = [event.clientX, event.clientY];
  draw();
});
canvas.addEventListener("pointerup", () => { hold = null; });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  view.scale *= Math.exp(-event.deltaY / 500);
  draw();
}, { passive: false });
at("time").addEventListener("input", (event) => {
  now = from + ((to - from) * event.target.value) / 10000;
  draw();
});
let timer = null;
at("play").addEventListener("click", () => {
  if (timer) { clearInterval(timer); timer = null; at("play").textContent = "▶"; return; }
  if (now >= to) now = from;
  at("play").textContent = "❚❚";
  const step = Math.max((to - from) / 1200, 50);
  timer = setInterval(() => {
    now = Math.min(now + step, to);
    draw();
    if (now >= to) at("play").click();
  }, 50);
});
window.addEventListener("resize", draw);

// The ships.
const table = make("table", undefined, at("ships"));
const names = make("tr", undefined, table);
for (const name of ["Ship / 船舶", "MMSI", "Points / 点数", "From / 自", "To / 至"]) make("th", name, names);
const ships = new Map();
for (const piece of pieces) {
  const ship = ships.get(title(piece)) || { mmsi: piece.mmsi, points: 0, from: Infinity, to: -Infinity };
  ship.points += piece.points.length;
  ship.from = Math.min(ship.from, piece.points[0].t);
  ship.to = Math.max(ship.to, piece.points[piece.points.length - 1].t);
  ships.set(title(piece), ship);
}
for (const [name, ship] of [...ships].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
  const line = make("tr", undefined, table);
  for (const cell of [name, ship.mmsi || "–", ship.points, utc(ship.from), utc(ship.to)]) make("td", cell, line);
  line.addEventListener("click", () => {
    for (const other of table.rows) other.className = "";
    chosen = chosen === name ? null : name;
    if (chosen) line.className = "on";
    draw();
  });
}

// The files.
const files = make("ul", undefined, at("files"));
for (const name of shown.files) {
  const link = make("a", name, make("li", undefined, files));
  link.href = name.split("/").map(encodeURIComponent).join("/");
}
now = to;
draw();
