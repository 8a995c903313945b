//! Consoles on a thread of their own, and what a thread has used.

use super::Done;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// So many, until they are told that it is over.
pub struct Consoles {
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Consoles {
    /// Each does what `console` makes of its number.
    pub fn start<F: Future<Output = ()> + Send + 'static>(
        many: usize,
        console: impl Fn(usize) -> F + Send + 'static,
    ) -> Done<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("consoles".to_owned()).spawn({
            let over = Arc::clone(&over);
            move || {
                runtime.block_on(async {
                    let mut all = tokio::task::JoinSet::new();
                    for number in 0..many {
                        all.spawn(console(number));
                    }
                    while !over.load(Ordering::Relaxed) {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    all.shutdown().await;
                });
            }
        })?;
        Ok(Self { over, thread })
    }

    /// Whether it is over, for others who go on as long.
    pub fn over(&self) -> impl FnMut() -> bool + Send + use<> {
        let over = Arc::clone(&self.over);
        move || over.load(Ordering::Relaxed)
    }

    /// It is over.
    pub fn end(self) -> Done<()> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the consoles' thread panicked".into())
    }
}

/// What a thread of this process has used, microseconds.
pub fn thread_cpu_us(thread: &str) -> Done<f64> {
    let mut used_us = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        // A thread may end while we look.
        let Ok(name) = std::fs::read_to_string(path.join("comm")) else { continue };
        if name.trim() == thread {
            let schedstat = std::fs::read_to_string(path.join("schedstat"))?;
            used_us +=
                schedstat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0;
        }
    }
    Ok(used_us)
}
