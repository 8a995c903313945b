//! How much one may ask of the HTTP port.

use serde::Deserialize;

/// What a connection may take; all of it is checked where it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpLimits {
    /// Connections at once. More are closed.
    pub clients: usize,
    /// The same from one address; this machine's own are not counted.
    pub per_address: usize,
    /// The head of a request must be whole by then, and an open connection used again, milliseconds.
    pub request_ms: u64,
    /// After this long a connection takes no other request; as long again, and it is cut, milliseconds.
    pub life_ms: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { clients: 256, per_address: 32, request_ms: 5000, life_ms: 60_000 }
    }
}
