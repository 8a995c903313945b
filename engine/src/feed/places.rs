//! How many come in, and how much each may say.

use super::connection::Door;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use tokio::time::Instant;

/// A connection's place, from before it has said anything; given back when it is dropped.
pub struct Place {
    door: Rc<Door>,
    address: IpAddr,
    has_messages: bool,
}

impl Place {
    pub fn take(door: &Rc<Door>, address: IpAddr, has_messages: bool) -> Result<Self, &'static str> {
        let mut taken = door.taken.borrow_mut();
        let of_address = taken.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= door.limits.per_address && !address.is_loopback() {
            return Err("no room: too many clients from this address");
        }
        let all = taken.all.entry(has_messages).or_insert(0);
        if *all >= door.max_clients {
            return Err("no room: too many clients");
        }
        *all += 1;
        taken.by_address.insert(address, of_address + 1);
        Ok(Self { door: Rc::clone(door), address, has_messages })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.door.taken.borrow_mut();
        if let Some(all) = taken.all.get_mut(&self.has_messages) {
            *all -= 1;
        }
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Places that are taken.
#[derive(Debug, Default)]
pub struct Taken {
    by_address: HashMap<IpAddr, usize>,
    all: HashMap<bool, usize>,
}

/// How many messages a client may still send.
pub struct Allowance {
    per_s: f64,
    left: f64,
    at: Instant,
}

impl Allowance {
    pub fn new(per_s: u32) -> Self {
        let per_s = f64::from(per_s);
        Self { per_s, left: per_s * 2.0, at: Instant::now() }
    }

    pub fn take(&mut self) -> bool {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_secs_f64() * self.per_s;
        self.left = (self.left + earned).min(self.per_s * 2.0);
        self.at = now;
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        }
        allowed
    }
}
