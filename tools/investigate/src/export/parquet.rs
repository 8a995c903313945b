//! As much of Apache Parquet as a table of points needs: flat columns, plain encoding, pages packed with Zstandard.
//! The format is that of github.com/apache/parquet-format; its footer is in Thrift's compact protocol.

use std::io::{self, Write};

const MAGIC: &[u8] = b"PAR1";
const ZSTD: i32 = 6;
const PLAIN: i32 = 0;
const RLE: i32 = 3;
const LEVEL: i32 = 3;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `BOOLEAN`.
    Bool,
    /// `INT64`.
    Int,
    /// `INT64`, microseconds since 1970 UTC.
    Time,
    /// `DOUBLE`.
    Real,
    /// `BYTE_ARRAY`.
    Bytes,
    /// `BYTE_ARRAY`, UTF-8.
    Text,
}

/// One cell.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Of a column of them.
    Bool(bool),
    /// Of a column of them, or of times.
    Int(i64),
    /// Of a column of them.
    Real(f64),
    /// Of a column of bytes or text.
    Bytes(&'a [u8]),
}

#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    /// Whether each row has a value.
    known: Vec<bool>,
    bools: Vec<bool>,
    plain: Vec<u8>,
}

/// A file on its way.
#[derive(Debug)]
pub struct Table<W: Write> {
    out: W,
    at: u64,
    columns: Vec<Column>,
    groups: Vec<Vec<u8>>,
    rows: u64,
    in_group: u64,
}

impl<W: Write> Table<W> {
    /// Begins, with these columns; each may be empty in any row.
    pub fn new(mut out: W, columns: &[(&'static str, Kind)]) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        let columns = columns
            .iter()
            .map(|&(name, kind)| Column {
                name,
                kind,
                known: Vec::new(),
                bools: Vec::new(),
                plain: Vec::new(),
            })
            .collect();
        Ok(Self { out, at: MAGIC.len() as u64, columns, groups: Vec::new(), rows: 0, in_group: 0 })
    }

    /// Adds a row: a cell for each column.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Option<Cell<'a>>>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.known.push(cell.is_some());
            match cell {
                None => {}
                Some(Cell::Bool(value)) => column.bools.push(value),
                Some(Cell::Int(value)) => column.plain.extend(value.to_le_bytes()),
                Some(Cell::Real(value)) => column.plain.extend(value.to_le_bytes()),
                Some(Cell::Bytes(bytes)) => {
                    column.plain.extend((bytes.len() as u32).to_le_bytes());
                    column.plain.extend(bytes);
                }
            }
        }
        self.in_group += 1;
    }

    /// Rows that wait to be written.
    pub const fn waiting(&self) -> u64 {
        self.in_group
    }

    /// Writes them, as a row group.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.in_group == 0 {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.in_group);
        let (mut chunks, mut total) = (Vec::new(), 0);
        for column in &mut self.columns {
            let page = column.page();
            let packed = zstd::bulk::compress(&page, LEVEL)?;
            let mut header = Compact::default();
            header.int(1, 0);
            header.int(2, page.len() as i32);
            header.int(3, packed.len() as i32);
            header.structure(5, |it| {
                it.int(1, rows as i32);
                it.int(2, PLAIN);
                it.int(3, RLE);
                it.int(4, RLE);
            });
            let header = header.end();
            let offset = self.at;
            self.out.write_all(&header)?;
            self.out.write_all(&packed)?;
            self.at += (header.len() + packed.len()) as u64;
            let whole = (header.len() + page.len()) as i64;
            total += whole;
            let mut chunk = Compact::default();
            chunk.long(2, offset as i64);
            chunk.structure(3, |it| {
                it.int(1, column.kind.physical());
                it.list(2, INT, &[zigzag(PLAIN.into()), zigzag(RLE.into())]);
                it.list(3, BINARY, &[binary(column.name.as_bytes())]);
                it.int(4, ZSTD);
                it.long(5, rows as i64);
                it.long(6, whole);
                it.long(7, (header.len() + packed.len()) as i64);
                it.long(9, offset as i64);
            });
            chunks.push(chunk.end());
        }
        let mut group = Compact::default();
        group.list(1, STRUCT, &chunks);
        group.long(2, total);
        group.long(3, rows as i64);
        self.groups.push(group.end());
        self.rows += rows;
        Ok(())
    }

    /// Ends, with what is said of the file as a whole.
    pub fn finish(mut self, said: &[(&str, String)]) -> io::Result<()> {
        self.flush()?;
        let mut schema = vec![{
            let mut root = Compact::default();
            root.binary(4, b"schema");
            root.int(5, self.columns.len() as i32);
            root.end()
        }];
        schema.extend(self.columns.iter().map(Column::schema));
        let said: Vec<Vec<u8>> = said
            .iter()
            .map(|(key, value)| {
                let mut pair = Compact::default();
                pair.binary(1, key.as_bytes());
                pair.binary(2, value.as_bytes());
                pair.end()
            })
            .collect();
        let mut footer = Compact::default();
        footer.int(1, 1);
        footer.list(2, STRUCT, &schema);
        footer.long(3, self.rows as i64);
        footer.list(4, STRUCT, &self.groups);
        footer.list(5, STRUCT, &said);
        footer.binary(6, concat!("fairway version ", env!("CARGO_PKG_VERSION")).as_bytes());
        let footer = footer.end();
        self.out.write_all(&footer)?;
        self.out.write_all(&(footer.len() as u32).to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        self.out.flush()
    }
}

impl Kind {
    const fn physical(self) -> i32 {
        match self {
            Self::Bool => 0,
            Self::Int | Self::Time => 2,
            Self::Real => 5,
            Self::Bytes | Self::Text => 6,
        }
    }
}

/// Bits, the lowest first.
fn bits(values: &[bool]) -> impl Iterator<Item = u8> + '_ {
    values.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
}

impl Column {
    /// Takes what waits as the inside of a data page: which rows have a value, then the values.
    fn page(&mut self) -> Vec<u8> {
        let known = std::mem::take(&mut self.known);
        let mut levels = Vec::with_capacity(known.len() / 8 + 8);
        // One run, packed, in groups of eight.
        varint((known.len().div_ceil(8) as u64) << 1 | 1, &mut levels);
        levels.extend(bits(&known));
        let mut page = Vec::with_capacity(levels.len() + self.plain.len() + 4);
        page.extend((levels.len() as u32).to_le_bytes());
        page.extend(levels);
        page.extend(bits(&std::mem::take(&mut self.bools)));
        page.append(&mut self.plain);
        page
    }

    fn schema(&self) -> Vec<u8> {
        let mut out = Compact::default();
        out.int(1, self.kind.physical());
        out.int(3, 1);
        out.binary(4, self.name.as_bytes());
        match self.kind {
            Kind::Text => {
                out.int(6, 0);
                out.structure(10, |it| it.structure(1, |_| {}));
            }
            Kind::Time => {
                out.int(6, 10);
                out.structure(10, |it| {
                    it.structure(8, |it| {
                        it.yes(1);
                        it.structure(2, |it| it.structure(2, |_| {}));
                    });
                });
            }
            _ => {}
        }
        out.end()
    }
}

const YES: u8 = 1;
const INT: u8 = 5;
const LONG: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// A structure in Thrift's compact protocol; fields come in ascending order.
#[derive(Default)]
struct Compact {
    bytes: Vec<u8>,
    last: u8,
}

impl Compact {
    fn field(&mut self, id: u8, kind: u8) {
        self.bytes.push((id - self.last) << 4 | kind);
        self.last = id;
    }

    fn yes(&mut self, id: u8) {
        self.field(id, YES);
    }

    fn int(&mut self, id: u8, value: i32) {
        self.field(id, INT);
        self.bytes.extend(zigzag(value.into()));
    }

    fn long(&mut self, id: u8, value: i64) {
        self.field(id, LONG);
        self.bytes.extend(zigzag(value));
    }

    fn binary(&mut self, id: u8, value: &[u8]) {
        self.field(id, BINARY);
        self.bytes.extend(binary(value));
    }

    fn list(&mut self, id: u8, kind: u8, values: &[Vec<u8>]) {
        self.field(id, LIST);
        match values.len() {
            few @ 0..15 => self.bytes.push((few as u8) << 4 | kind),
            many => {
                self.bytes.push(0xF0 | kind);
                varint(many as u64, &mut self.bytes);
            }
        }
        self.bytes.extend(values.iter().flatten());
    }

    fn structure(&mut self, id: u8, inside: impl FnOnce(&mut Self)) {
        self.field(id, STRUCT);
        let mut it = Self::default();
        inside(&mut it);
        self.bytes.extend(it.end());
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    varint((value << 1 ^ value >> 63) as u64, &mut out);
    out
}

fn binary(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(value.len() as u64, &mut out);
    out.extend(value);
    out
}
