//! Once a second: what silence and drift have done.

use crate::life::{Fate, fate};
use crate::{Change, Fusion, Life};

impl Fusion {
    /// Looks at every track that is due before the next whole second, and at the marks silent longest. Tracks
    /// are taken by ascending id, so that how early each was scheduled does not show.
    pub(crate) fn sweep(&mut self, changes: &mut Vec<Change>) {
        let horizon = self.horizon();
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        while let Some(&(at, id)) = self.schedule.first() {
            if at >= horizon {
                break;
            }
            self.schedule.pop_first();
            due.push(id);
        }
        due.sort_unstable();
        for &id in &due {
            let Some(track) = self.track(id) else { continue };
            match fate(track, self.now, &self.config) {
                Fate::Ends(reason) => self.end(id, reason, changes),
                Fate::Lives(life) => {
                    self.live(id, life);
                    self.reschedule(id);
                }
            }
        }
        self.due = due;
        self.counters.marks_silent += self.marks.sweep(self.now, self.config.mark_silence_s, changes);
    }

    /// Gives a track its life, and settles what follows from it for others of its MMSI.
    pub(crate) fn live(&mut self, id: crate::TrackId, life: Life) {
        let Some(entry) = self.tracks.get_mut(&id) else { return };
        let before = std::mem::replace(&mut entry.track.life, life);
        if before == life {
            return;
        }
        let mmsi = entry.track.identity.mmsi;
        self.touch(id);
        if life == Life::Lost {
            self.counters.lost += 1;
        }
        if let Some(mmsi) = mmsi
            && (before == Life::Lost || life == Life::Lost)
        {
            self.judge(mmsi);
        }
    }
}
