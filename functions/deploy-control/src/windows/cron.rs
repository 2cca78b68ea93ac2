//! Schedules, in the dialect of cron that Argo CD reads.

/// A schedule of five fields. Each is a set of numbers, one a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) minutes: u64,
    pub(super) hours: u64,
    /// Whether it says nothing of the day of the month and of the month, so that every week is alike.
    pub(super) is_weekly: bool,
    pub(super) days_of_week: u64,
}

/// A field: what it is called, its least and greatest number, and the names of its numbers.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

impl Schedule {
    /// Reads a schedule. `@daily`, a field for seconds and `7` for Sunday are none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let texts: Vec<_> = text.split_whitespace().collect();
        let Ok(texts) = <[&str; 5]>::try_from(texts) else {
            return Err(format!("the schedule `{text}` must have five fields: {}", field_names()));
        };
        let mut sets = [0; 5];
        for ((set, field), text) in sets.iter_mut().zip(&FIELDS).zip(texts) {
            *set = field.parse(text)?;
        }
        let [minutes, hours, days, months, days_of_week] = sets;
        let is_weekly = days == FIELDS[2].all() && months == FIELDS[3].all();
        Ok(Self { minutes, hours, is_weekly, days_of_week })
    }
}

fn field_names() -> String {
    FIELDS.each_ref().map(|field| field.name).join(", ")
}

impl Field {
    /// The set of a list of ranges.
    fn parse(&self, text: &str) -> Result<u64, String> {
        let wrong = || {
            let Self { name, least, most, .. } = self;
            format!("`{text}` is no {name} of a schedule; the numbers are {least} to {most}")
        };
        text.split(',').map(|range| self.range(range)).try_fold(0, |set, range| Some(set | range?)).ok_or_else(wrong)
    }

    /// The set of `*`, `1`, `1-5`, `*/2`, `1/2` or `1-5/2`.
    fn range(&self, text: &str) -> Option<u64> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?)),
            None => (text, None),
        };
        let (least, most) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.least, self.most),
            Some((least, most)) => (self.number(least)?, self.number(most)?),
            None if step.is_some() => (self.number(range)?, self.most),
            None => (self.number(range)?, self.number(range)?),
        };
        let is_inside = self.least <= least && least <= most && most <= self.most;
        let step = step.unwrap_or(1);
        (is_inside && step > 0).then(|| (least..=most).step_by(step as usize).fold(0, |set, number| set | 1 << number))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(place) => Some(self.least + u32::try_from(place).ok()?),
            None => number(text),
        }
    }

    fn all(&self) -> u64 {
        (self.least..=self.most).fold(0, |set, number| set | 1 << number)
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(numbers: &[u32]) -> u64 {
        numbers.iter().fold(0, |set, number| set | 1 << number)
    }

    #[test]
    fn schedules_have_five_fields() {
        let weekly = Schedule::parse("0,30 8-10 * * MON-Wed").expect("it is a schedule");
        assert_eq!(
            (weekly.minutes, weekly.hours, weekly.days_of_week),
            (bits(&[0, 30]), bits(&[8, 9, 10]), bits(&[1, 2, 3]))
        );
        assert!(weekly.is_weekly);
        for (text, is_weekly) in [
            ("* * * * *", true),
            ("*/15 0 ? 1-12 0/2", true),
            ("0 8 1 * *", false),
            ("0 8 * JAN *", false),
            ("5/10 8-18/2 1-31 * sun,sat", true),
        ] {
            assert_eq!(Schedule::parse(text).map(|schedule| schedule.is_weekly), Ok(is_weekly), "{text}");
        }
        for text in [
            "",
            "@daily",
            "0 8 * *",
            "0 0 8 * * *",
            "60 8 * * *",
            "0 24 * * *",
            "0 8 0 * *",
            "0 8 * 13 *",
            "0 8 * * 7",
            "0 8 * * 5-1",
            "0 8 * * */0",
            "0 8 * * 1,,2",
            "-1 8 * * *",
            "0 8 * * monday",
            "0 8 L * *",
            "0 8 * * 1#2",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }
}
