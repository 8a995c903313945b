//! Every row of the tables of camera commands holds.

use super::shared;
use decoders::gb28181::{self, Instruction};
use decoders::pelco;
use serde_json::Value;

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}

#[test]
fn every_ptz_command_is_read_and_written() {
    let Some(rows) = shared::table("data/cctv", "byte4") else { return };
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in &rows {
        let number = |column: &str| text(row, column).parse::<u8>().unwrap();
        let hex = |column: &str| u8::from_str_radix(text(row, column), 16).unwrap();
        let (code, mixed, whole) = (hex("byte4"), hex("byte7"), text(row, "hex"));
        let instruction = Instruction::parse(whole).unwrap();
        assert_eq!(instruction.address, text(row, "address").parse::<u16>().unwrap(), "{row}");
        assert_eq!(instruction.to_string(), whole, "{row}");
        // What the columns say, said plainly, is the same instruction.
        let plain = gb28181::Command::Other {
            code,
            first: number("byte5"),
            second: number("byte6"),
            third: mixed >> 4,
        };
        let plain = Instruction { command: plain, ..instruction };
        assert_eq!(plain.to_string(), whole, "{row}");
        let meaning = text(row, "meaning");
        if code < 0x40 {
            let gb28181::Command::Move(way) = instruction.command else { panic!("{row}") };
            assert_eq!(
                (way.pan > 0, way.pan < 0),
                (meaning.contains("right"), meaning.contains("left")),
                "{row}"
            );
            assert_eq!(
                (way.tilt > 0, way.tilt < 0),
                (meaning.contains("up"), meaning.contains("down")),
                "{row}"
            );
            let zoom = (meaning.contains("zoom in"), meaning.contains("zoom out"));
            assert_eq!((way.zoom > 0, way.zoom < 0), zoom, "{row}");
        }
    }
    println!("{} rows", rows.len());
}

#[test]
fn every_pelco_frame_is_read_and_written() {
    use pelco::Command;
    let Some(mut rows) = shared::table("data/cctv", "hex") else { return };
    // The other table of that folder says what its bytes are.
    rows.retain(|row| row.get("byte4").is_none());
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in &rows {
        let (hex, meaning) = (text(row, "hex"), text(row, "meaning"));
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let frame: [u8; pelco::FRAME] = bytes.try_into().unwrap();
        let (address, command) = pelco::decode(frame).unwrap();
        assert_eq!(address, 1, "{row}");
        assert_eq!(pelco::encode(address, command), frame, "{row}");
        // Hundredths of a degree, below zero counted down from 360.
        let hundredths = || {
            let degrees: f64 = meaning.split_whitespace().nth(2).unwrap().parse().unwrap();
            (degrees * 100.0).round().rem_euclid(36_000.0) as u16
        };
        let number = || meaning.rsplit(' ').next().unwrap().parse::<u8>().unwrap();
        let expected = match meaning.split_whitespace().take(2).collect::<Vec<_>>()[..] {
            ["set", "pan"] => Command::Pan(hundredths()),
            ["set", "tilt"] => Command::Tilt(hundredths()),
            ["set", "zoom"] => {
                Command::Zoom(u16::from_str_radix(meaning.rsplit("0x").next().unwrap(), 16).unwrap())
            }
            ["query", "pan"] => Command::QueryPan,
            ["query", "tilt"] => Command::QueryTilt,
            ["query", "zoom"] => Command::QueryZoom,
            ["goto", "preset"] => Command::GotoPreset(number()),
            ["set", "preset"] => Command::SetPreset(number()),
            ["clear", "preset"] => Command::ClearPreset(number()),
            ["stop"] => Command::Move(pelco::Move::default()),
            _ => {
                let Command::Move(way) = command else { panic!("{row}") };
                let directions = [
                    (way.pan > 0, "right"),
                    (way.pan < 0, "left"),
                    (way.tilt > 0, "up"),
                    (way.tilt < 0, "down"),
                ];
                for (goes, word) in directions {
                    assert_eq!(goes, meaning.contains(word), "{row}");
                }
                command
            }
        };
        assert_eq!(command, expected, "{row}");
    }
    println!("{} rows", rows.len());
}
