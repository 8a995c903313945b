//! Writes system tracks as a pcap file of CAT062 and CAT065 in UDP, on standard output, for others to read:
//! `tools/peers/asterix.py`.

use decoders::asterix::{Block, DataSource, EncodeError, cat010, cat062, cat065};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for batch in 0..20_u16 {
        let datagram = tracks(batch)?;
        let length = 28 + datagram.len() as u16;
        let mut packet = vec![0x45, 0];
        packet.extend_from_slice(&length.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        // Port 8600, where Wireshark expects ASTERIX.
        packet.extend_from_slice(&[0x21, 0x98, 0x21, 0x98]);
        packet.extend_from_slice(&(length - 20).to_be_bytes());
        packet.extend_from_slice(&[0, 0]);
        packet.extend_from_slice(&datagram);
        for word in [1_764_000_000 + u32::from(batch), 0, length.into(), length.into()] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&packet);
    }
    std::io::stdout().write_all(&file)?;
    Ok(())
}

/// Five tracks that differ in everything, and the end of their batch.
fn tracks(batch: u16) -> Result<Vec<u8>, EncodeError> {
    let source = Some(DataSource { sac: 25, sic: 7 });
    let time_of_day = Some(86_390 * 128 + u32::from(batch) * 64);
    let mut block = Block::new(cat062::category());
    for n in 0..5 {
        let number = batch * 5 + n;
        let step = f64::from(number);
        let track = cat062::Track {
            source,
            service: Some(1),
            time_of_day,
            wgs84_deg: Some([29.5 + step / 512.0, -122.0 - step / 256.0]),
            velocity_mps: Some([step / 4.0 - 10.0, 7.5 - step / 4.0]),
            identity: Some(cat062::Identity { source: 1, characters: *b"HAI XUN " }),
            track: Some(number),
            status: Some(cat062::Status {
                last: n == 4,
                coasted: n == 3,
                surface: true,
                ..Default::default()
            }),
            size: Some(cat010::Size { length_m: step, orientation_deg: Some(90.0), width_m: Some(20.0) }),
            accuracy: Some(cat062::Accuracy {
                position_m: Some([12.5, 9.0 + step]),
                velocity_mps: Some([0.5, 0.75]),
                ..Default::default()
            }),
            special: Some(b"413000001"),
            ..Default::default()
        };
        block.push(|visit| track.tell(visit))?;
    }
    let end = cat065::Status {
        source,
        kind: Some(2),
        service: Some(1),
        time_of_day,
        batch: Some(batch as u8),
        ..Default::default()
    };
    let mut service = Block::new(cat065::category());
    service.push(|visit| end.tell(visit))?;
    Ok([block.bytes(), service.bytes()].concat())
}
