//! Every kind of alert through the real tracker, on simulated time.

#[cfg(test)]
mod density;
#[cfg(test)]
mod encounter;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod renew;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
mod zone;
