//! Datagrams out of network captures: pcap and pcapng files, over Ethernet, Linux "cooked" or bare IP.
//!
//! **Invariant**: memory is bounded; a packet that cannot be read costs itself and is counted.

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, UdpHeader, ip_number};
use pcap_parser::nom::Err as Stopped;
use pcap_parser::pcapng::Block;
use pcap_parser::{Linktype, PcapError};
use std::collections::BTreeMap;
use units::UtcTime;

/// A block or packet longer than this is no capture.
const MAX_BLOCK: usize = 1 << 20;
/// Interfaces of one section that are told apart.
const MAX_INTERFACES: usize = 256;
/// Datagrams in pieces that wait for the rest; the oldest gives way.
const MAX_PARTS: usize = 64;
/// The longest datagram.
const MAX_DATAGRAM: usize = 1 << 16;

/// Whether a file of packets begins so.
#[must_use]
pub fn is_capture(head: &[u8]) -> bool {
    let Some(magic) = head.first_chunk::<4>() else { return false };
    matches!(u32::from_be_bytes(*magic), 0x0a0d_0d0a | 0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1)
}

/// A datagram, and when it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Where the capture says.
    pub time: Option<UtcTime>,
    /// What was sent.
    pub bytes: &'a [u8],
}

/// What has been counted. `packets = datagrams + parts + other`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets in the capture.
    pub packets: u64,
    /// Packets that are, or complete, a UDP datagram.
    pub datagrams: u64,
    /// Parts of datagrams that completed none.
    pub parts: u64,
    /// Packets that are something else, or cannot be read.
    pub other: u64,
}

/// Reads a capture from its beginning, in pieces of any size.
#[derive(Debug, Default)]
pub struct Capture {
    format: Option<Format>,
    interfaces: Vec<Interface>,
    parts: BTreeMap<Key, Parts>,
    /// Counts fragments, to know the oldest.
    clock: u64,
    counters: Counters,
    broken: bool,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Pcap { big_endian: bool, nanoseconds: bool, link: Linktype },
    PcapNg { big_endian: bool },
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Linktype,
    /// Units per second.
    resolution: u64,
    offset_s: i64,
}

/// Source, destination and number of a datagram in parts.
type Key = ([u8; 4], [u8; 4], u16);

/// A datagram in the making.
#[derive(Debug, Default)]
struct Parts {
    bytes: Vec<u8>,
    /// What is there: begin and end, in order.
    known: Vec<(usize, usize)>,
    len: Option<usize>,
    touched: u64,
}

impl Capture {
    /// What has been counted so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The file ends in the middle, or is none: what follows cannot be read.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Calls `datagram` for each and returns how many bytes of `bytes` are used up: drop them, keep the rest (never
    /// more than a mebibyte), and read more behind it. With `end` nothing is left.
    pub fn read(&mut self, bytes: &[u8], end: bool, mut datagram: impl FnMut(Datagram<'_>)) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.broken {
            match self.block(rest, &mut datagram) {
                Ok(behind) => rest = behind,
                // Too little for a block: there will be more.
                Err(Stopped::Incomplete(_)) if !end && rest.len() < MAX_BLOCK => {
                    return bytes.len() - rest.len();
                }
                Err(_) => self.broken = true,
            }
        }
        bytes.len()
    }

    fn block<'a>(
        &mut self,
        bytes: &'a [u8],
        datagram: &mut impl FnMut(Datagram<'_>),
    ) -> Result<&'a [u8], Stopped<PcapError<&'a [u8]>>> {
        match self.format {
            None if bytes.first() == Some(&0x0a) => {
                let (_, header) = pcap_parser::pcapng::parse_sectionheaderblock(bytes)?;
                self.format = Some(Format::PcapNg { big_endian: header.big_endian() });
                Ok(bytes)
            }
            None => {
                let (rest, header) = pcap_parser::parse_pcap_header(bytes)?;
                self.format = Some(Format::Pcap {
                    big_endian: header.is_bigendian(),
                    nanoseconds: header.is_nanosecond_precision(),
                    link: header.network,
                });
                Ok(rest)
            }
            Some(Format::Pcap { big_endian, nanoseconds, link }) => {
                let parse =
                    if big_endian { pcap_parser::parse_pcap_frame_be } else { pcap_parser::parse_pcap_frame };
                let (rest, frame) = parse(bytes)?;
                let unit = if nanoseconds { 1 } else { 1000 };
                let ns = i64::from(frame.ts_sec) * 1_000_000_000 + i64::from(frame.ts_usec) * unit;
                self.packet(link, Some(UtcTime::from_unix_ns(ns)), frame.data, datagram);
                Ok(rest)
            }
            Some(Format::PcapNg { big_endian }) => {
                let parse = if big_endian {
                    pcap_parser::pcapng::parse_block_be
                } else {
                    pcap_parser::pcapng::parse_block_le
                };
                let (rest, block) = parse(bytes)?;
                match block {
                    Block::SectionHeader(header) => {
                        self.format = Some(Format::PcapNg { big_endian: header.big_endian() });
                        self.interfaces.clear();
                    }
                    Block::InterfaceDescription(one) if self.interfaces.len() < MAX_INTERFACES => {
                        self.interfaces.push(Interface {
                            link: one.linktype,
                            resolution: one.ts_resolution().filter(|units| *units > 0).unwrap_or(1_000_000),
                            offset_s: one.ts_offset(),
                        });
                    }
                    Block::EnhancedPacket(packet) => {
                        let interface = self.interfaces.get(packet.if_id as usize).copied();
                        let Some(interface) = interface else {
                            self.counters.packets += 1;
                            self.counters.other += 1;
                            return Ok(rest);
                        };
                        let counts = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                        let ns = i128::from(interface.offset_s) * 1_000_000_000
                            + i128::from(counts) * 1_000_000_000 / i128::from(interface.resolution);
                        let time = i64::try_from(ns).ok().map(UtcTime::from_unix_ns);
                        let data = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
                        self.packet(interface.link, time, data, datagram);
                    }
                    Block::SimplePacket(packet) => {
                        let link = self.interfaces.first().map_or(Linktype::ETHERNET, |one| one.link);
                        let data = packet.data.get(..packet.origlen as usize).unwrap_or(packet.data);
                        self.packet(link, None, data, datagram);
                    }
                    _ => {}
                }
                Ok(rest)
            }
        }
    }

    /// One packet: a datagram, a part of one, or neither.
    fn packet(
        &mut self,
        link: Linktype,
        time: Option<UtcTime>,
        packet: &[u8],
        datagram: &mut impl FnMut(Datagram<'_>),
    ) {
        self.counters.packets += 1;
        let Some(sliced) = slice(link, packet) else {
            self.counters.other += 1;
            return;
        };
        if let Some(TransportSlice::Udp(udp)) = &sliced.transport {
            self.counters.datagrams += 1;
            return datagram(Datagram { time, bytes: udp.payload() });
        }
        let Some(LaxNetSlice::Ipv4(ip)) = &sliced.net else {
            self.counters.other += 1;
            return;
        };
        if !ip.is_payload_fragmented() || ip.payload_ip_number() != ip_number::UDP || ip.payload().incomplete
        {
            self.counters.other += 1;
            return;
        }
        let header = ip.header();
        let key = (header.source(), header.destination(), header.identification());
        let from = usize::from(header.fragments_offset().value()) * 8;
        self.clock += 1;
        let part = (from, ip.payload().payload, !header.more_fragments());
        match self.part(key, part) {
            Some(whole) => {
                self.counters.datagrams += 1;
                let bytes = whole.get(UdpHeader::LEN..).unwrap_or_default();
                datagram(Datagram { time, bytes });
            }
            None => self.counters.parts += 1,
        }
    }

    /// Adds a part; the datagram, with its UDP header, where that was the last one missing.
    fn part(&mut self, key: Key, (from, bytes, last): (usize, &[u8], bool)) -> Option<Vec<u8>> {
        let to = from + bytes.len();
        if to > MAX_DATAGRAM {
            return None;
        }
        if self.parts.len() >= MAX_PARTS && !self.parts.contains_key(&key) {
            let oldest = self.parts.iter().min_by_key(|(_, parts)| parts.touched).map(|(key, _)| *key)?;
            self.parts.remove(&oldest);
        }
        let parts = self.parts.entry(key).or_default();
        parts.touched = self.clock;
        if parts.bytes.len() < to {
            parts.bytes.resize(to, 0);
        }
        parts.bytes.get_mut(from..to)?.copy_from_slice(bytes);
        if last {
            parts.len = Some(to);
        }
        parts.known.push((from, to));
        parts.known.sort_unstable();
        let reached =
            parts.known.iter().fold(0, |end, (from, to)| if *from <= end { end.max(*to) } else { end });
        // A datagram in ever more parts than it can have is none.
        if parts.known.len() > MAX_DATAGRAM / 8 {
            self.parts.remove(&key);
            return None;
        }
        (parts.len == Some(reached)).then(|| self.parts.remove(&key).map(|parts| parts.bytes))?
    }
}

/// Finds IP in a packet, and what it carries.
fn slice(link: Linktype, packet: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(packet).ok(),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | Linktype(12 | 14) => {
            LaxSlicedPacket::from_ip(packet).ok()
        }
        // A family of four octets.
        Linktype::NULL | Linktype::LOOP => LaxSlicedPacket::from_ip(packet.get(4..)?).ok(),
        // Two "cooked" forms: the kind of content stands at their ends, or at their beginning.
        Linktype::LINUX_SLL => cooked(packet.get(14..16)?, packet.get(16..)?),
        Linktype::LINUX_SLL2 => cooked(packet.get(..2)?, packet.get(20..)?),
        _ => None,
    }
}

fn cooked<'a>(kind: &[u8], packet: &'a [u8]) -> Option<LaxSlicedPacket<'a>> {
    let kind = u16::from_be_bytes(*kind.first_chunk()?);
    Some(LaxSlicedPacket::from_ether_type(EtherType(kind), packet))
}
