// GLSL of the targets. Places are relative to the middle of the view and in two floats each, so that nothing
// trembles when near; what moves is moved here, by its own velocity, and costs the page nothing.

/** Shared by all: where a slot is, in pixels from the middle of the view, x right and y up. */
const PLACE = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec4 a_place;  // x high, x low, y high, y low
layout(location = 1) in vec4 a_move;   // velocity x, y; time; heading
layout(location = 2) in vec4 a_look;   // course, look, bow, stern
layout(location = 3) in vec4 a_rest;   // port, starboard, Mercator units per metre, speed
uniform vec4 u_center;                 // as a_place
uniform vec2 u_half;                   // half the view, pixels
uniform float u_world;                 // the width of the world, pixels
uniform float u_now;
uniform float u_ahead;
uniform float u_unit;                  // pixels of this screen per pixel of the design
const float UNKNOWN = -999.0;

vec2 place(float extra) {
  float ahead = clamp(u_now - a_move.z, 0.0, u_ahead) + extra;
  vec2 d = (a_place.xz - u_center.xz) + (a_place.yw - u_center.yw) + a_move.xy * ahead;
  // The shorter way round the world.
  d.x -= floor(d.x + 0.5);
  return vec2(d.x, -d.y) * u_world;
}

vec4 clip(vec2 px) { return vec4(px / u_half, 0.0, 1.0); }
vec2 turned(vec2 p, float angle) {
  float c = cos(angle), s = sin(angle);
  return vec2(p.x * c + p.y * s, p.y * c - p.x * s);
}
const vec4 NOWHERE = vec4(2.0, 2.0, 2.0, 1.0);
bool outside(vec2 px, float margin) { return any(greaterThan(abs(px), u_half + margin)); }
`;

const BITS = `
const int AIS = 1, RADAR = 2, BEIDOU = 4, PRESENT = 8, NET = 16, AIRCRAFT = 32, TENTATIVE = 64, COASTING = 128,
  LOST = 256, DOUBT = 512, MARK = 1024, VIRTUAL = 2048, OFF = 4096;
`;

// ais, radar, fused, beidou, doubt, lost, net, mark
const COLOUR = `
uniform vec3 u_colours[8];
vec3 colour(int look) {
  if ((look & MARK) != 0) return (look & OFF) != 0 ? u_colours[4] : u_colours[7];
  if ((look & LOST) != 0) return u_colours[5];
  if ((look & DOUBT) != 0) return u_colours[4];
  if ((look & NET) != 0) return u_colours[6];
  bool ais = (look & AIS) != 0, radar = (look & RADAR) != 0, beidou = (look & BEIDOU) != 0;
  if (radar && (ais || beidou)) return u_colours[2];
  if (radar) return u_colours[1];
  return beidou && !ais ? u_colours[3] : u_colours[0];
}
`;

/** From far away a target is a dot, and twenty thousand of them must cost little: one point each, and few words. */
export const DOT_VERTEX = `${PLACE}${BITS}${COLOUR}
flat out vec3 v_tint;
flat out float v_ring;     // of the radius: inside it nothing is drawn
void main() {
  int look = int(a_look.y);
  vec2 px = place(0.0);
  if ((look & PRESENT) == 0 || outside(px, 8.0)) {
    gl_Position = NOWHERE;
    gl_PointSize = 0.0;
    return;
  }
  v_tint = colour(look);
  // Radar alone is a ring, lost is small.
  v_ring = (look & (AIS | RADAR | BEIDOU)) == RADAR ? 0.45 : 0.0;
  gl_Position = clip(px);
  gl_PointSize = ((look & (NET | MARK | LOST)) != 0 ? 5.0 : 7.0) * u_unit;
}`;

export const DOT_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 v_tint;
flat in float v_ring;
out vec4 o_colour;
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float r = length(p);
  float alpha = clamp((1.0 - r) * 4.0, 0.0, 1.0) * clamp((r - v_ring) * 6.0 + 1.0, 0.0, 1.0);
  o_colour = vec4(v_tint * alpha, alpha);
}`;

export const SYMBOL_VERTEX = `${PLACE}${BITS}
uniform float u_size;      // half a symbol, pixels
uniform float u_hulls;     // 1: true outlines where they are larger than the symbol
out vec2 v_at;             // pixels from the middle, y ahead
flat out int v_look;
flat out int v_is_hull;
flat out vec4 v_hull;      // half width, half length, pixels; size
void main() {
  int look = int(a_look.y);
  vec2 px = place(0.0);
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  v_look = look;
  v_is_hull = 0;
  v_hull = vec4(0.0, 0.0, u_size, 0.0);
  float heading = a_move.w > UNKNOWN ? a_move.w : a_look.x > UNKNOWN ? a_look.x : 0.0;
  float metre = a_rest.z * u_world;
  float size = u_size;
  if ((look & PRESENT) == 0 || outside(px, size * 3.0 + (a_look.z + a_look.w) * metre)) {
    gl_Position = NOWHERE;
    return;
  }
  vec2 hull = vec2(a_rest.x + a_rest.y, a_look.z + a_look.w) * metre * 0.5;
  if (u_hulls > 0.5 && hull.y > u_size * 1.1 && a_move.w > UNKNOWN) {
    v_is_hull = 1;
    hull.x = max(hull.x, u_unit * 1.5);
    v_hull = vec4(hull, u_size, 0.0);
    vec2 half_quad = hull + 2.0 * u_unit;
    v_at = corner * half_quad;
    vec2 middle = vec2(a_rest.y - a_rest.x, a_look.z - a_look.w) * metre * 0.5;
    gl_Position = clip(px + turned(v_at + middle, heading));
    return;
  }
  if ((look & (NET | TENTATIVE | MARK)) != 0) size *= 0.72;
  v_hull.z = size;
  v_at = corner * (size * 1.12 + 2.0 * u_unit);
  bool upright = (look & MARK) != 0 || (look & NET) != 0;
  // Pixels snap for what stands still, so that its lines stay sharp.
  gl_Position = clip(px + (upright ? v_at : turned(v_at, heading)));
}`;

export const SYMBOL_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
${BITS}${COLOUR}
uniform float u_unit;
uniform vec3 u_halo;
in vec2 v_at;
flat in int v_look;
flat in int v_is_hull;
flat in vec4 v_hull;
out vec4 o_colour;

float segment(vec2 p, vec2 a, vec2 b) {
  vec2 pa = p - a, ba = b - a;
  return length(pa - ba * clamp(dot(pa, ba) / dot(ba, ba), 0.0, 1.0));
}
// Signed distance to an upright isosceles triangle with its apex ahead.
float triangle(vec2 p, float apex, float base, float wide) {
  p.x = abs(p.x);
  float edge = segment(p, vec2(0.0, apex), vec2(wide, base));
  float bottom = segment(p, vec2(0.0, base), vec2(wide, base));
  vec2 n = normalize(vec2(apex - base, wide));
  bool inside = dot(p - vec2(0.0, apex), n) < 0.0 && p.y > base;
  return (inside ? -1.0 : 1.0) * min(edge, bottom);
}
float diamond(vec2 p, float r) { return (abs(p.x) + abs(p.y) - r) * 0.7071; }
float box(vec2 p, vec2 r) { vec2 d = abs(p) - r; return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0); }
// A hull seen from above: a box whose bow narrows over its first fifth.
float hull(vec2 p, vec2 r) {
  float bow = clamp((p.y - r.y * 0.6) / (r.y * 0.4), 0.0, 1.0);
  float beam = r.x * (1.0 - bow * bow);
  return max(abs(p.y) - r.y, abs(p.x) - beam);
}
float line(float d, float width) { return abs(d) - width; }

void main() {
  vec3 tint = colour(v_look);
  vec2 p = v_at;
  float s = v_hull.z;
  float d, inner = 1e3;
  float w = 0.85 * u_unit;
  if (v_is_hull == 1) {
    float h = hull(p, v_hull.xy);
    d = line(h, w);
    inner = h;
  } else if ((v_look & MARK) != 0) {
    float body = diamond(p, s * 0.9);
    d = line(body, w);
    if ((v_look & VIRTUAL) != 0) d = max(d, sin(atan(p.y, p.x) * 10.0) * s * 0.3);
    d = min(d, min(segment(p, vec2(-s * 0.35, 0.0), vec2(s * 0.35, 0.0)), segment(p, vec2(0.0, -s * 0.35), vec2(0.0, s * 0.35))) - w * 0.7);
    inner = body;
  } else if ((v_look & NET) != 0) {
    float body = box(p, vec2(s * 0.45));
    d = min(line(body, w * 0.8), length(p) - s * 0.14);
    inner = body;
  } else if ((v_look & AIRCRAFT) != 0) {
    d = min(segment(p, vec2(0.0, -s * 0.8), vec2(0.0, s)), segment(vec2(abs(p.x), p.y), vec2(0.0, s * 0.35), vec2(s * 0.85, -s * 0.1)));
    d = min(d, segment(vec2(abs(p.x), p.y), vec2(0.0, -s * 0.65), vec2(s * 0.4, -s * 0.8))) - w * 1.3;
  } else {
    bool ais = (v_look & AIS) != 0, radar = (v_look & RADAR) != 0, beidou = (v_look & BEIDOU) != 0;
    d = 1e3;
    if (ais) {
      float r = radar ? 0.82 : 1.0;
      float body = triangle(p, s * r, -s * 0.62 * r, s * 0.52 * r);
      d = line(body, w);
      inner = body;
    } else if (beidou) {
      float body = diamond(p, s * 0.85);
      d = line(body, w);
      inner = body;
    }
    if (radar) {
      float ring = length(p) - s * (ais || beidou ? 0.98 : 0.68);
      d = min(d, line(ring, w));
      if (!ais && !beidou) inner = ring;
    }
    if (ais && beidou) d = min(d, diamond(p + vec2(0.0, s * 0.2), s * 0.24));
    if ((v_look & (COASTING | DOUBT)) != 0) d = max(d, sin(atan(p.y, p.x) * 7.0) * s * 0.35 - s * 0.05);
    if ((v_look & DOUBT) != 0) {
      // An exclamation mark beside it: colour alone says nothing.
      vec2 q = p - vec2(0.0, -s * 0.1);
      d = min(d, min(segment(q, vec2(0.0, s * 0.28), vec2(0.0, -s * 0.02)) - w, length(q - vec2(0.0, -s * 0.26)) - w * 1.1));
    }
    if ((v_look & LOST) != 0) {
      float cross = min(segment(p, vec2(-s, s) * 0.8, vec2(s, -s) * 0.8), segment(p, vec2(s, s) * 0.8, vec2(-s, -s) * 0.8));
      d = min(d, cross - w * 1.3);
    }
  }
  float edge = 0.6;
  float ink = 1.0 - smoothstep(-edge, edge, d);
  float halo = 1.0 - smoothstep(-edge, edge, d - 1.1 * u_unit);
  float fill = (1.0 - smoothstep(-edge, edge, inner)) * (v_is_hull == 1 ? 0.45 : 0.3);
  float fade = (v_look & (LOST | COASTING)) != 0 ? 0.75 : 1.0;
  float alpha = max(max(ink, fill), halo * 0.75) * fade;
  if (alpha < 0.01) discard;
  vec3 shade = mix(u_halo, tint, clamp(ink + fill * (1.0 - ink), 0.0, 1.0));
  o_colour = vec4(shade * alpha, alpha);
}`;

/** Speed vectors and heading lines: a quad along a line. */
export const LINE_VERTEX = `${PLACE}${BITS}
uniform float u_ahead_s;    // how far a vector looks ahead, seconds; 0: heading lines
uniform float u_size;
out float v_along;          // pixels from its beginning
flat out int v_look;
flat out float v_dash;
void main() {
  int look = int(a_look.y);
  vec2 from = place(0.0);
  v_look = look;
  v_along = 0.0;
  v_dash = (look & AIS) == 0 ? 4.0 * u_unit : 0.0;
  bool moves = u_ahead_s > 0.0 ? a_rest.w > 0.15 && a_look.x > UNKNOWN : a_move.w > UNKNOWN && a_rest.w > 0.15;
  if ((look & PRESENT) == 0 || (look & (LOST | MARK | NET)) != 0 || !moves || outside(from, 4.0 * u_size)) {
    gl_Position = NOWHERE;
    return;
  }
  vec2 to = u_ahead_s > 0.0 ? place(u_ahead_s) : from + turned(vec2(0.0, u_size * 1.9), a_move.w);
  vec2 way = to - from;
  float far = length(way);
  if (far < u_size * 0.8) {
    gl_Position = NOWHERE;
    return;
  }
  vec2 along = way / far;
  vec2 across = vec2(-along.y, along.x) * (u_ahead_s > 0.0 ? 0.9 : 0.6) * u_unit;
  float end = float(gl_VertexID >> 1);
  v_along = end * far;
  gl_Position = clip(from + way * end + across * (float(gl_VertexID & 1) * 2.0 - 1.0));
}`;

export const LINE_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
${BITS}${COLOUR}
in float v_along;
flat in int v_look;
flat in float v_dash;
out vec4 o_colour;
void main() {
  if (v_dash > 0.0 && mod(v_along, v_dash * 2.0) > v_dash) discard;
  float alpha = 0.85;
  o_colour = vec4(colour(v_look) * alpha, alpha);
}`;

/** How sure a place is: the ellipse that holds 95 of 100, where it is larger than the symbol's middle. */
export const ELLIPSE_VERTEX = `${PLACE}${BITS}
layout(location = 4) in vec4 a_cov;    // east-east, east-north, north-north, m²
out vec2 v_at;              // pixels from the middle, x along the longer axis
flat out int v_look;
flat out vec2 v_axes;       // half axes, pixels
const float K95 = 2.4477;
void main() {
  int look = int(a_look.y);
  v_look = look;
  vec2 px = place(0.0);
  float metre = a_rest.z * u_world;
  float middle = (a_cov.x + a_cov.z) * 0.5;
  float spread = length(vec2((a_cov.x - a_cov.z) * 0.5, a_cov.y));
  v_axes = K95 * sqrt(max(vec2(middle + spread, middle - spread), 0.0)) * metre;
  if ((look & PRESENT) == 0 || (look & MARK) != 0 || a_cov.x <= UNKNOWN || v_axes.x < 3.0 * u_unit || outside(px, v_axes.x)) {
    gl_Position = NOWHERE;
    return;
  }
  v_axes.y = max(v_axes.y, u_unit);
  float turn = spread > 0.0 ? 0.5 * atan(2.0 * a_cov.y, a_cov.x - a_cov.z) : 0.0;
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  v_at = corner * (v_axes + 2.0 * u_unit);
  gl_Position = clip(px + turned(v_at, -turn));
}`;

export const ELLIPSE_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
${BITS}${COLOUR}
uniform float u_unit;
in vec2 v_at;
flat in int v_look;
flat in vec2 v_axes;
out vec4 o_colour;
void main() {
  vec2 p = v_at / v_axes;
  float k = length(p);
  // Distance to the line, to first order.
  float d = k * (k - 1.0) / max(length(p / v_axes), 1e-6);
  float alpha = (1.0 - smoothstep(0.3, 1.3, abs(d) / u_unit)) * 0.9;
  float around = atan(p.y, p.x) * (v_axes.x + v_axes.y) * 0.5;
  if (alpha < 0.02 || mod(around, 7.0 * u_unit) > 4.5 * u_unit) discard;
  o_colour = vec4(colour(v_look) * alpha, alpha);
}`;

/** Dots where targets have been. */
export const TRAIL_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 a_place;
uniform vec4 u_center;
uniform vec2 u_half;
uniform float u_world;
uniform float u_unit;
void main() {
  vec2 d = (a_place.xz - u_center.xz) + (a_place.yw - u_center.yw);
  d.x -= floor(d.x + 0.5);
  gl_Position = vec4(vec2(d.x, -d.y) * u_world / u_half, 0.0, 1.0);
  gl_PointSize = 2.4 * u_unit;
}`;

export const TRAIL_FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 u_tint;
out vec4 o_colour;
void main() { o_colour = vec4(u_tint, 1.0) * 0.55; }`;

/** Rings around few: selected, alerted, followed by a camera. Placed by the page, in pixels. */
export const RING_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 a_ring;   // x, y, style, half size
uniform vec2 u_half;
uniform float u_unit;
out vec2 v_at;
flat out float v_style;
flat out float v_size;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  v_style = a_ring.z;
  v_size = a_ring.w;
  v_at = corner * (a_ring.w + 4.0 * u_unit);
  gl_Position = vec4((a_ring.xy + v_at) / u_half, 0.0, 1.0);
}`;

export const RING_FRAGMENT = `#version 300 es
precision highp float;
uniform float u_unit;
uniform float u_flash;      // 0 or 1
uniform vec3 u_inks[4];     // selected, alarm, warning, camera
in vec2 v_at;
flat in float v_style;
flat in float v_size;
out vec4 o_colour;
float box(vec2 p, float r) { vec2 d = abs(p) - r; return max(d.x, d.y); }
void main() {
  int style = int(v_style);
  float d, alpha = 1.0;
  if (style == 0) {
    d = abs(box(v_at, v_size)) - 1.1 * u_unit;
    // Only the corners.
    if (min(abs(v_at.x), abs(v_at.y)) < v_size * 0.5) d = 1e3;
  } else if (style == 3) {
    float r = length(v_at);
    d = min(abs(r - v_size), abs(r - v_size + 3.5 * u_unit)) - 0.8 * u_unit;
  } else {
    d = abs(length(v_at) - v_size) - (style == 1 ? 1.8 : 1.3) * u_unit;
    // Flashing, style 4, is what nobody has acknowledged; it never vanishes.
    alpha = 1.0;
  }
  if (style >= 4) {
    d = abs(length(v_at) - v_size) - 1.8 * u_unit;
    alpha = mix(0.25, 1.0, u_flash);
  }
  float ink = (1.0 - smoothstep(-0.6, 0.6, d)) * alpha;
  if (ink < 0.01) discard;
  vec3 tint = style == 0 ? u_inks[0] : style == 3 ? u_inks[3] : (style == 2 || style == 5) ? u_inks[2] : u_inks[1];
  o_colour = vec4(tint * ink, ink);
}`;
