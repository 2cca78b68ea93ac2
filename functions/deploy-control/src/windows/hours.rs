//! Days and hours, as people write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The minutes of a day.
pub(super) const DAY: usize = 24 * 60;

/// A day of the week, in the order of cron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Day {
    /// Sunday.
    Sunday,
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
}

impl Day {
    pub(crate) const ALL: [Self; 7] =
        [Self::Sunday, Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday];
}

/// Hours of a day, to the minute. They may go on into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    /// The minute of the day when they start.
    pub(super) start: usize,
    /// How many minutes they last.
    pub(super) minutes: usize,
}

impl Hours {
    /// The whole day.
    pub(crate) const ALL: Self = Self { start: 0, minutes: DAY };

    /// Reads `08:00-18:00`. The end may be `24:00`, or earlier than the start, which is then the next day.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let times = text.split_once('-').and_then(|(start, end)| Some((minute(start)?, minute(end)?)));
        let Some((start, end)) = times.filter(|(start, _)| *start < DAY) else {
            return Err(format!("`{text}` must be two times of a day, as `08:00-18:00`; the last is `24:00`"));
        };
        match end {
            _ if end == start => Err(format!("`{text}` is no time at all; the whole day is `00:00-24:00`")),
            0 => Ok(Self { start, minutes: DAY - start }),
            _ => Ok(Self { start, minutes: (end + DAY - start - 1) % DAY + 1 }),
        }
    }
}

/// The minute of the day, for `08:00`.
fn minute(text: &str) -> Option<usize> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<usize>().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_two_times_of_a_day() {
        for (text, expected) in [
            ("08:00-18:00", Some((480, 600))),
            ("08:07-08:08", Some((487, 1))),
            ("00:00-24:00", Some((0, DAY))),
            ("18:00-24:00", Some((1080, 360))),
            ("18:00-00:00", Some((1080, 360))),
            ("22:00-06:30", Some((1320, 510))),
            ("00:01-00:00", Some((1, DAY - 1))),
            ("12:00-11:59", Some((720, DAY - 1))),
            ("08:00-08:00", None),
            ("00:00-00:00", None),
            ("24:00-08:00", None),
            ("08:00-24:01", None),
            ("08:60-09:00", None),
            ("25:00-26:00", None),
            ("8:00-18:00", None),
            ("08:00", None),
            ("08-18", None),
            ("08:00 - 18:00", None),
            ("+8:00-18:00", None),
            ("", None),
        ] {
            let found = Hours::parse(text).ok();
            assert_eq!(found, expected.map(|(start, minutes)| Hours { start, minutes }), "{text}");
        }
    }
}
