//! RTP (RFC 3550): the packets that sound comes in, one to a datagram.

/// Without contributing sources, extension and padding, bytes (clause 5.1).
const HEADER: usize = 12;
/// Where RTCP shares the port, its packet types stand where RTP has marker and payload type (RFC 5761, clause 4).
const RTCP: std::ops::RangeInclusive<u8> = 192..=223;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What is in it (RFC 3551, clause 6).
    pub payload_type: u8,
    /// The first of a spurt of talk.
    pub is_marked: bool,
    /// One more than that of the packet before.
    pub sequence: u16,
    /// Of its first sample, in ticks of the payload's clock.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
    /// Defined by a profile, and what it brings.
    pub extension: Option<(u16, &'a [u8])>,
    /// The sound.
    pub payload: &'a [u8],
}

/// Why a datagram is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// Shorter than its header says.
    Short,
    /// Of another version than 2, or something else.
    Version,
    /// More padding than there is.
    Padding,
}

/// What a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// Sound.
    Packet(Packet<'a>),
    /// What senders tell of themselves.
    Rtcp,
}

/// Reads a datagram.
///
/// # Errors
/// Why it is no packet.
pub fn decode(bytes: &[u8]) -> Result<Datagram<'_>, Reject> {
    let (header, mut rest) = bytes.split_first_chunk::<HEADER>().ok_or(Reject::Short)?;
    let [first, second, s1, s0, t3, t2, t1, t0, i3, i2, i1, i0] = *header;
    if first >> 6 != 2 {
        return Err(Reject::Version);
    }
    if RTCP.contains(&second) {
        return Ok(Datagram::Rtcp);
    }
    rest = rest.get(usize::from(first & 0x0f) * 4..).ok_or(Reject::Short)?;
    let extension = if first & 0x10 == 0 {
        None
    } else {
        let ([p1, p0, l1, l0], after) = rest.split_first_chunk::<4>().ok_or(Reject::Short)?;
        let length = usize::from(u16::from_be_bytes([*l1, *l0])) * 4;
        let (data, after) = after.split_at_checked(length).ok_or(Reject::Short)?;
        rest = after;
        Some((u16::from_be_bytes([*p1, *p0]), data))
    };
    if first & 0x20 != 0 {
        let padding = rest.last().copied().map_or(0, usize::from);
        let kept = rest.len().checked_sub(padding).filter(|_| padding > 0).ok_or(Reject::Padding)?;
        rest = rest.get(..kept).unwrap_or_default();
    }
    Ok(Datagram::Packet(Packet {
        payload_type: second & 0x7f,
        is_marked: second & 0x80 != 0,
        sequence: u16::from_be_bytes([s1, s0]),
        timestamp: u32::from_be_bytes([t3, t2, t1, t0]),
        ssrc: u32::from_be_bytes([i3, i2, i1, i0]),
        extension,
        payload: rest,
    }))
}

impl Packet<'_> {
    /// As it is sent.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let has_extension = self.extension.is_some();
        let mut bytes = vec![0x80 | u8::from(has_extension) << 4];
        bytes.push(u8::from(self.is_marked) << 7 | self.payload_type & 0x7f);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        if let Some((profile, data)) = self.extension {
            bytes.extend_from_slice(&profile.to_be_bytes());
            bytes.extend_from_slice(&u16::try_from(data.len().div_ceil(4)).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(data);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes.extend_from_slice(self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_of_every_shape() {
        let header = |first, second| [&[first, second, 0, 7, 0, 0, 1, 0, 0, 0, 0, 9][..], &[5, 6]].concat();
        let usual = Packet {
            payload_type: 8,
            is_marked: true,
            sequence: 7,
            timestamp: 256,
            ssrc: 9,
            extension: None,
            payload: &[5, 6],
        };
        assert_eq!(decode(&header(0x80, 0x88)), Ok(Datagram::Packet(usual)));
        assert_eq!(decode(&header(0x80, 200)), Ok(Datagram::Rtcp));
        assert_eq!(decode(&header(0x40, 0x88)), Err(Reject::Version));
        assert_eq!(decode(&header(0x80, 0x88)[..11]), Err(Reject::Short));
        // One contributing source that is not there; an extension that is not; padding of six.
        assert_eq!(decode(&header(0x81, 0x88)), Err(Reject::Short));
        assert_eq!(decode(&header(0x90, 0x88)), Err(Reject::Short));
        assert_eq!(decode(&header(0xa0, 0x88)), Err(Reject::Padding));
        let padded = [&header(0xa0, 0x88)[..], &[0, 2]].concat();
        assert_eq!(decode(&padded), Ok(Datagram::Packet(usual)));
        let with = [&header(0x91, 0x88)[..12], &[1, 1, 1, 1, 0x46, 0x57, 0, 1, 1, 2, 3, 4, 5, 6]].concat();
        let extension = Some((0x4657, &[1, 2, 3, 4][..]));
        assert_eq!(decode(&with), Ok(Datagram::Packet(Packet { extension, ..usual })));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_read(
            payload in prop::collection::vec(any::<u8>(), 0..300), sequence: u16, timestamp: u32, is_marked: bool,
            data in prop::option::of(prop::collection::vec(any::<u8>(), 0..5).prop_map(|it| it.repeat(4))),
        ) {
            let extension = data.as_deref().map(|data| (0x4657, data));
            let packet =
                Packet { payload_type: 96, is_marked, sequence, timestamp, ssrc: 1, extension, payload: &payload };
            let bytes = packet.encode();
            prop_assert_eq!(decode(&bytes), Ok(Datagram::Packet(packet)));
        }

        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
        }
    }
}
