//! One command of a command line: its help and its man page.

use std::fmt::Write;

use clap::Command;
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use crate::docs::{DocumentedOption, wrapped};
use crate::subcommand::ExitMeaning;

/// A command line, and what it does.
pub(crate) struct Call {
    call: String,
    about: String,
}

impl Call {
    /// A command line, and what it does in a few words.
    pub(crate) fn new(call: &str, about: &str) -> Self {
        Self { call: call.to_owned(), about: about.to_owned() }
    }
}

/// A command with what clap has no place for.
pub(crate) struct Page {
    /// Without its subcommands.
    pub(crate) command: Command,
    pub(crate) examples: Vec<Call>,
    pub(crate) exit_codes: Vec<ExitMeaning>,
    /// The options of the functionConfig.
    pub(crate) options: Vec<DocumentedOption>,
    /// Its subcommands.
    pub(crate) below: Vec<Page>,
}

impl Page {
    /// A command that cannot be called without reading more about it elsewhere.
    pub(crate) fn named(name: &'static str, about: &'static str) -> Self {
        let command = Command::new(name).about(about);
        Self { command, examples: Vec::new(), exit_codes: Vec::new(), options: Vec::new(), below: Vec::new() }
    }

    /// A command that says all by its arguments and an example.
    pub(crate) fn simple(command: Command, example: Call) -> Self {
        Self { command, examples: vec![example], exit_codes: Vec::new(), options: Vec::new(), below: Vec::new() }
    }

    /// The command with its subcommands, each with its long help.
    pub(crate) fn command_with_help(self) -> Command {
        let sections = self.sections();
        let command = if sections.is_empty() { self.command } else { self.command.after_long_help(sections) };
        command.subcommands(self.below.into_iter().map(Self::command_with_help))
    }

    /// What the long help says behind the arguments.
    fn sections(&self) -> String {
        let mut text = String::new();
        section(&mut text, "Examples:", &self.examples, |text, example| {
            let _ = write!(text, "  {}\n{}", example.call, wrapped(&example.about, "      "));
        });
        section(&mut text, "Exit codes:", &self.exit_codes, |text, meaning| {
            let _ = write!(text, "  {}  {}", meaning.code, wrapped(meaning.about, "     ").trim_start());
        });
        section(&mut text, "Options of the functionConfig:", &self.options, |text, option| {
            let _ = write!(text, "  {} ({})\n{}", option.path, option.form(), wrapped(&option.meaning, "      "));
        });
        text.trim_end().to_owned()
    }

    /// The man pages of the command and all below it, by the names of their files.
    pub(crate) fn man_pages(&self) -> Vec<(String, String)> {
        let name = self.command.get_bin_name().unwrap_or_else(|| self.command.get_name()).replace(' ', "-");
        let mut command = self.bare_command().display_name(name).disable_help_subcommand(true);
        command.build();
        let mut pages = Vec::new();
        self.collect_man_pages(&command, &mut pages);
        pages
    }

    /// The command with its subcommands, without what clap has no place for.
    fn bare_command(&self) -> Command {
        self.command.clone().subcommands(self.below.iter().map(Self::bare_command))
    }

    /// Adds the pages of `command`, which is this one with its place in the tree.
    fn collect_man_pages(&self, command: &Command, pages: &mut Vec<(String, String)>) {
        let man = Man::new(command.clone()).manual("replatform");
        let mut page = Vec::new();
        // A vector takes whatever is written to it.
        let _ = man
            .render_title(&mut page)
            .and_then(|()| man.render_name_section(&mut page))
            .and_then(|()| man.render_synopsis_section(&mut page))
            .and_then(|()| man.render_description_section(&mut page))
            .and_then(|()| man.render_options_section(&mut page));
        if command.has_subcommands() {
            let _ = man.render_subcommands_section(&mut page);
        }
        let _ = self.man_sections().to_writer(&mut page);
        pages.push((man.get_filename(), String::from_utf8_lossy(&page).into_owned()));
        for below in &self.below {
            if let Some(command) = command.find_subcommand(below.command.get_name()) {
                below.collect_man_pages(command, pages);
            }
        }
    }

    /// What clap has no place for, in a man page.
    fn man_sections(&self) -> Roff {
        let mut roff = Roff::new();
        man_section(&mut roff, "OPTIONS OF THE FUNCTIONCONFIG", &self.options, |option| {
            (format!("{} ({})", option.path, option.form()), &option.meaning)
        });
        man_section(&mut roff, "EXIT STATUS", &self.exit_codes, |meaning| (meaning.code.to_string(), meaning.about));
        man_section(&mut roff, "EXAMPLES", &self.examples, |example| (example.call.clone(), &example.about));
        roff
    }
}

/// Adds a section of a man page with a term and its meaning for each item, if there is any.
fn man_section<'i, T>(roff: &mut Roff, title: &str, items: &'i [T], entry: impl Fn(&'i T) -> (String, &'i str)) {
    if items.is_empty() {
        return;
    }
    roff.control("SH", [title]);
    for (term, meaning) in items.iter().map(entry) {
        roff.control("TP", []).text([bold(term)]).text([roman(meaning)]);
    }
}

/// Adds a section with an entry for each item, if there is any.
fn section<T>(text: &mut String, title: &str, items: &[T], entry: impl Fn(&mut String, &T)) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}");
    items.iter().for_each(|item| entry(text, item));
    text.push('\n');
}
