//! The minutes of a week.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cron::Schedule;
use super::duration::Duration;
use super::hours::{DAY, Day, Hours};

const WEEK: usize = 7 * DAY;

/// A set of the minutes of a week, which starts on Sunday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Week(Vec<bool>);

/// A stretch of time that comes again on some days at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recurrence {
    /// When it starts, in cron.
    pub(crate) schedule: String,
    /// How long it lasts.
    pub(crate) duration: Duration,
}

impl Recurrence {
    /// All the time. Every minute starts an hour, so that there is no gap between two of them; between two days, as of
    /// `0 0 * * *` and `24h`, there is one at midnight.
    pub(crate) fn always() -> Self {
        Self { schedule: "* * * * *".to_owned(), duration: Duration::of_minutes(60) }
    }
}

impl Week {
    fn empty() -> Self {
        Self(vec![false; WEEK])
    }

    /// These hours on these days.
    pub(crate) fn of(days: &[Day], hours: &[Hours]) -> Self {
        let mut week = Self::empty();
        for day in days {
            for hours in hours {
                week.add(*day as usize * DAY + hours.start, hours.minutes);
            }
        }
        week
    }

    /// The minutes in which a window is open; none if that is not the same in every week.
    pub(super) fn of_schedule(schedule: &Schedule, duration: Duration) -> Option<Self> {
        let mut week = Self::empty();
        for minute in 0..WEEK {
            let has = |set: u64, number: usize| set & 1 << number != 0;
            let (day, hour) = (minute / DAY, minute % DAY / 60);
            let starts =
                has(schedule.days_of_week, day) && has(schedule.hours, hour) && has(schedule.minutes, minute % 60);
            if starts {
                week.add(minute, duration.minutes());
            }
        }
        schedule.is_weekly.then_some(week)
    }

    fn add(&mut self, start: usize, minutes: usize) {
        for minute in start..start + minutes.min(WEEK) {
            self.0[minute % WEEK] = true;
        }
    }

    /// The minutes that are not in it.
    pub(crate) fn complement(&self) -> Self {
        Self(self.0.iter().map(|is_in| !is_in).collect())
    }

    /// Adds the minutes of another.
    pub(crate) fn join(&mut self, other: &Self) {
        for (is_in, is_in_other) in self.0.iter_mut().zip(&other.0) {
            *is_in |= is_in_other;
        }
    }

    /// Whether it holds every minute.
    pub(crate) fn is_full(&self) -> bool {
        self.0.iter().all(|is_in| *is_in)
    }

    /// Whether all its minutes are in another.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(is_in, is_in_other)| *is_in_other || !is_in)
    }

    /// Whether it holds a minute, counted from Sunday 00:00.
    #[cfg(test)]
    pub(crate) fn contains(&self, minute: usize) -> bool {
        self.0[minute % WEEK]
    }

    /// What must be written for it: a recurrence for each start and length. Stretches that touch are one, so that nothing
    /// closes between them.
    pub(crate) fn recurrences(&self) -> Vec<Recurrence> {
        if self.is_full() {
            return vec![Recurrence::always()];
        }
        let mut days: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for start in (0..WEEK).filter(|minute| self.0[*minute] && !self.0[(minute + WEEK - 1) % WEEK]) {
            let minutes = (start..).take_while(|minute| self.0[minute % WEEK]).count();
            days.entry((start % DAY, minutes)).or_default().push(start / DAY);
        }
        let recurrence = |((start, minutes), days): ((usize, usize), Vec<usize>)| Recurrence {
            schedule: format!("{} {} * * {}", start % 60, start / 60, list(&days)),
            duration: Duration::of_minutes(minutes),
        };
        days.into_iter().map(recurrence).collect()
    }
}

/// Days of the week in cron: `*`, `1-5` or `0,6`.
fn list(days: &[usize]) -> String {
    if days.len() == 7 {
        return "*".to_owned();
    }
    let mut text = String::new();
    for run in days.chunk_by(|one, next| one + 1 == *next) {
        let separator = if text.is_empty() { "" } else { "," };
        let _ = match run {
            [first, _, .., last] => write!(text, "{separator}{first}-{last}"),
            [one, two] => write!(text, "{separator}{one},{two}"),
            _ => write!(text, "{separator}{}", run[0]),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(days: &[Day], hours: &[&str]) -> Vec<String> {
        let hours: Vec<_> = hours.iter().map(|hours| Hours::parse(hours).expect("they are hours")).collect();
        let recurrences = Week::of(days, &hours).recurrences();
        recurrences.iter().map(|it| format!("{} {}", it.schedule, it.duration)).collect()
    }

    #[test]
    fn stretches_that_touch_are_one() {
        use Day::*;
        let work = [Monday, Tuesday, Wednesday, Thursday, Friday];
        let cases: [(&[Day], &[&str], &[&str]); 12] = [
            (&work, &["08:00-18:00"], &["0 8 * * 1-5 10h"]),
            (&work, &["00:00-24:00"], &["0 0 * * 1 120h"]),
            (&work, &["22:00-06:00"], &["0 22 * * 1-5 8h"]),
            (&work, &["18:00-17:59"], &["0 18 * * 1-5 23h59m"]),
            (&[Saturday, Sunday], &["00:00-24:00"], &["0 0 * * 6 48h"]),
            (&[Saturday], &["20:00-04:00"], &["0 20 * * 6 8h"]),
            (&Day::ALL, &["00:00-24:00"], &["* * * * * 1h"]),
            (&Day::ALL, &["12:00-00:00", "00:00-12:00"], &["* * * * * 1h"]),
            (&Day::ALL, &["09:30-10:15"], &["30 9 * * * 45m"]),
            (&[Tuesday, Thursday], &["09:00-12:00", "13:00-15:00"], &["0 9 * * 2,4 3h", "0 13 * * 2,4 2h"]),
            (&[Monday], &["09:00-12:00", "11:00-13:00"], &["0 9 * * 1 4h"]),
            (&[Sunday, Monday, Wednesday], &["09:00-10:00"], &["0 9 * * 0,1,3 1h"]),
        ];
        for (days, hours, expected) in cases {
            assert_eq!(written(days, hours), expected, "{days:?} {hours:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_was_meant(
            days in prop::collection::btree_set(0..7_usize, 1..=7),
            hours in prop::collection::vec((0..DAY, 1..=DAY), 1..4),
        ) {
            let days: Vec<_> = days.into_iter().map(|day| Day::ALL[day]).collect();
            let hours: Vec<_> = hours.into_iter().map(|(start, minutes)| Hours { start, minutes }).collect();
            let meant = Week::of(&days, &hours);
            for (meant, recurrences) in [(meant.clone(), meant.recurrences()), (meant.complement(), meant.complement().recurrences())] {
                let mut open = Week::empty();
                for Recurrence { schedule, duration } in recurrences {
                    let schedule = Schedule::parse(&schedule).expect("it is a schedule");
                    let duration = Duration::parse(&duration.to_string()).expect("it is a duration");
                    open.join(&Week::of_schedule(&schedule, duration).expect("it is weekly"));
                }
                prop_assert_eq!(open, meant);
            }
        }
    }
}
