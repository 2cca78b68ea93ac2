//! Sync windows of Argo CD: when they are open, and how they are written. Nothing here knows a gate or an object.
//!
//! Source: argoproj/argo-cd v3.5.1 `pkg/apis/application/v1alpha1/types.go`, robfig/cron v3 `parser.go`, Go `time`.
//!
//! A window is open while the clock of its time zone is inside; Argo CD adds the present offset of the zone to UTC and knows
//! no other calendar. So on the days when clocks change, a window opens and closes by the clock on the wall.

mod cron;
mod duration;
mod hours;
mod sync_window;
mod time_zones;
mod week;

pub(crate) use hours::{Day, Hours};
pub(crate) use sync_window::{ALLOW, DENY, SyncWindow};
pub(crate) use time_zones::is_time_zone;
pub(crate) use week::{Recurrence, Week};
