//! What a camera sees, as a small PNG: sky, sea, and a dark hull for each vessel.

use super::Seen;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;

/// The picture of a camera that looks there (azimuth, elevation, horizontal field of view), with what is before it.
#[must_use]
pub fn picture([azimuth, elevation, fov]: [f64; 3], things: &[Seen]) -> Vec<u8> {
    let scale = f64::from(WIDTH) / fov.max(0.01);
    let (middle_x, middle_y) = (f64::from(WIDTH) / 2.0, f64::from(HEIGHT) / 2.0);
    // Where the level is, a little above the horizon.
    let level_y = middle_y + elevation * scale;
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT) as usize);
    for y in 0..HEIGHT {
        let (y, shade) = (f64::from(y), (y % 8) as u8);
        let base = if y < level_y { 200 + shade } else { 90 + 2 * shade };
        for x in 0..WIDTH {
            let x = f64::from(x);
            let is_hull = things.iter().any(|thing| {
                let turn = (thing.azimuth_deg - azimuth + 180.0).rem_euclid(360.0) - 180.0;
                let at_x = middle_x + turn * scale;
                let water_y = middle_y + (elevation - thing.elevation_deg) * scale;
                let half = thing.width_deg * scale / 2.0;
                (x - at_x).abs() <= half.max(0.5) && (water_y - half / 3.0 - 1.0..=water_y).contains(&y)
            });
            let is_cross = (x - middle_x).abs() < 1.0 && (y - middle_y).abs() < 6.0
                || (y - middle_y).abs() < 1.0 && (x - middle_x).abs() < 6.0;
            pixels.push(if is_cross {
                255
            } else if is_hull {
                20
            } else {
                base
            });
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    debug_assert!(written.is_ok(), "a vector takes all that is written");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ship_in_the_middle_is_dark_in_the_middle() {
        let ship = Seen { azimuth_deg: 359.9, elevation_deg: -0.6, width_deg: 0.5 };
        let file = picture([359.9, -0.5, 2.0], &[ship]);
        assert!(file.starts_with(b"\x89PNG"), "{:?}", &file[..8]);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; (WIDTH * HEIGHT) as usize];
        reader.next_frame(&mut pixels).unwrap();
        let at = |x: u32, y: u32| pixels[(y * WIDTH + x) as usize];
        assert_eq!((at(130, 100), at(10, 100)), (20, at(300, 100)), "the hull, and the sea to both sides");
        assert!(at(10, 5) > 190 && at(10, 170) < 110, "sky above, sea below");
    }
}
