//! From what came of builds to what a report says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use krm::field::FieldPath;
use krm::finding::{ObjectReference, Report};
use krm::rule::{CommonRule, RuleSet, Severity};
use repository::{Built, Coverage, RUNTIME, Skippable, UNDECIDED};
use sha2::{Digest, Sha256};

use crate::catalog::{Catalog, OWN_NAME, ReportRule};
use crate::changes::{Authors, Objects};
use crate::effort::Effort;
use crate::model::{
    API_VERSION, Adaptation, Application, Assessment, Change, Class, Counts, Finding, KIND, Location, Occurrence,
    Outcome, Ran, RuleUse, Summary, Tool,
};
use crate::source::Sources;

/// Collects what came of builds.
pub struct Assessor<'c> {
    catalog: &'c Catalog,
    sources: Sources,
    /// The directory of the repository as it is named in what others say.
    directory: String,
    /// Whether the manifests before the functions were asked for.
    compares: bool,
    applications: Vec<Application>,
    excluded: Vec<String>,
    findings: Vec<Finding>,
    /// The places in `findings`.
    causes: HashMap<Cause, usize>,
}

/// What makes findings of several applications one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Cause {
    class: Class,
    function: String,
    rule: String,
    file: String,
    object: String,
    field: Option<String>,
    accepted: Option<String>,
    /// The number among those of one application that are alike in all else.
    number: usize,
}

impl<'c> Assessor<'c> {
    /// Begins a report on the repository in a directory. Whoever asks for the manifests before the functions too says that it
    /// `compares`, so that a build without them is reported.
    pub fn new(catalog: &'c Catalog, repository: &Path, compares: bool) -> Self {
        Self {
            catalog,
            sources: Sources::new(repository),
            directory: format!("{}/", repository.display()),
            compares,
            applications: Vec::new(),
            excluded: Vec::new(),
            findings: Vec::new(),
            causes: HashMap::new(),
        }
    }

    /// Adds what came of the build of an application. What functions see of it is in `coverage`.
    pub fn add(&mut self, built: Built, coverage: &Coverage) {
        let path = path_of(&built.root.directory);
        let mut tally = Tally::default();
        for report in &built.findings {
            tally.note_change(report);
        }
        let skipped = built.skippable.iter().map(skipped);
        let reports = built.findings.into_iter().filter(|report| Change::rule_of(&report.rule).is_none());
        for report in skipped.chain(reports).collect::<Vec<_>>() {
            self.note(class_of(&report), report, Some(&path), &mut tally);
        }
        let mut application = Application {
            names: built.root.applications,
            failure: None,
            functions_ran: Ran::All,
            functions: coverage.functions.iter().map(|kind| self.catalog.name_of(kind).to_owned()).collect(),
            objects: BTreeMap::new(),
            adapted_objects: tally.adapted.len(),
            adapted: tally.adaptations(),
            counts: Counts::default(),
            effort: None,
            changes: Vec::new(),
            path,
        };
        match built.manifests {
            Ok(manifests) => {
                application.functions_ran = ran(&built.adaptation, coverage);
                self.compare(&mut application, built.before, manifests, &mut tally);
                self.judge(&application, coverage, &mut tally);
            }
            Err(reason) => self.note_failure(&mut application, &reason, &mut tally),
        }
        application.counts = tally.counts;
        application.effort = (application.functions_ran != Ran::None).then(|| sum(&tally.rules));
        self.applications.push(application);
    }

    /// Notes that an application does not build, unless its functions say why.
    fn note_failure(&mut self, application: &mut Application, reason: &str, tally: &mut Tally) {
        let has_errors = tally.counts.errors > 0;
        let reason = reason_of(reason, &self.directory, has_errors);
        if !has_errors {
            let report = failure(&reason, &self.sources.kustomization(&application.path));
            self.note(Class::Failure, report, Some(&application.path), tally);
        }
        // What the functions adapted did not come out.
        application.adapted_objects = 0;
        application.failure = Some(reason);
    }

    /// Notes what functions did not see of an application.
    fn judge(&mut self, application: &Application, coverage: &Coverage, tally: &mut Tally) {
        let message = match application.functions_ran {
            Ran::All | Ran::Unneeded => return,
            Ran::None => "no function ran on this application, so nothing is known of it".to_owned(),
            Ran::Some if coverage.unseen.is_empty() => {
                "kustomize skipped functions of this application, so nothing is known of it".to_owned()
            }
            Ran::Some => {
                let parts = coverage.unseen.iter().map(|directory| format!("`{}`", path_of(directory)));
                let parts = parts.collect::<Vec<_>>().join(", ");
                format!("no function ran on the objects that come from {parts}, so nothing is known of these")
            }
        };
        let report = own_report(ReportRule::NotAdapted, &self.sources.kustomization(&application.path), message);
        self.note(Class::Unknown, report, Some(&application.path), tally);
    }

    /// Adds the path of an application that was left out on request.
    pub fn add_excluded(&mut self, directory: &Path) {
        self.excluded.push(path_of(directory));
    }

    /// Adds something of the repository that could not be looked at, in a file or directory if one is known.
    pub fn add_remark(&mut self, file: &str, message: String) {
        let report = own_report(ReportRule::NotLookedAt, file, message);
        self.note(Class::Unknown, report, None, &mut Tally::default());
    }

    /// Notes a finding: as one of its own, or as another occurrence of one.
    fn note(&mut self, class: Class, report: Report, application: Option<&str>, tally: &mut Tally) {
        let is_leftover = self.catalog.is_leftover(&report.function);
        tally.count(class, is_leftover, &report.rule);
        let (mut cause, line) = self.cause(class, &report, application);
        cause.number = tally.number(&cause);
        let occurrence = |object, message| Occurrence { application: application.map(str::to_owned), object, message };
        if let Some(index) = self.causes.get(&cause) {
            let known = &mut self.findings[*index];
            let object = report.object.filter(|object| Some(object) != known.object.as_ref());
            let message = Some(report.message).filter(|message| *message != known.message);
            known.occurrences.push(occurrence(object, message));
            return;
        }
        let former = report.object.as_ref().filter(|object| !cause.object.starts_with(&format!("{} ", object.kind)));
        let former = former.map(|_| cause.object.clone());
        let remedy = self.catalog.rule(&report.rule).map_or(report.remedy, |rule| rule.remedy.to_owned());
        self.findings.push(Finding {
            id: fingerprint(&cause),
            class,
            function: report.function,
            rule: report.rule,
            leftover: is_leftover,
            object: report.object,
            field: report.field,
            location: Location { file: cause.file.clone(), line, object: former },
            message: report.message,
            remedy,
            accepted: report.accepted,
            new: None,
            occurrences: vec![occurrence(None, None)],
        });
        self.causes.insert(cause, self.findings.len() - 1);
    }

    /// What a finding has in common with those of other applications, and the line where it is written.
    fn cause(&mut self, class: Class, report: &Report, application: Option<&str>) -> (Cause, usize) {
        let file = match (&report.file, application) {
            (Some(file), Some(_)) if self.sources.has(file) => file.clone(),
            (Some(file), None) => file.clone(),
            (_, Some(application)) => self.sources.kustomization(application),
            (None, None) => ".".to_owned(),
        };
        let place = self.sources.find(&file, report.object.as_ref(), report.field.as_deref());
        let as_built = || report.object.as_ref().map(ToString::to_string).unwrap_or_default();
        let cause = Cause {
            class,
            function: report.function.clone(),
            rule: report.rule.clone(),
            object: place.object.unwrap_or_else(as_built),
            field: report.field.clone(),
            accepted: report.accepted.clone(),
            file,
            number: 0,
        };
        (cause, place.line)
    }

    /// Counts objects, and finds what the functions changed.
    fn compare(&mut self, application: &mut Application, before: Option<String>, manifests: String, tally: &mut Tally) {
        let mut unread_annotations = Vec::new();
        let mut undecided = Vec::new();
        let compared = Objects::read(manifests).and_then(|after| {
            application.objects = after.kinds();
            if application.functions_ran == Ran::None && after.only_deploy() {
                application.functions_ran = Ran::Unneeded;
            }
            for (object, annotation) in after.unread_annotations() {
                unread_annotations.push(unread(&object, annotation));
            }
            undecided = after.undecided();
            let Some(before) = before else { return Ok(None) };
            let before = Objects::read(before)?;
            Ok(Some(after.changes_since(&before, &|object, is_new| tally.authors.of(object, is_new))))
        });
        for report in unread_annotations {
            self.note(Class::Warning, report, Some(&application.path), tally);
        }
        for object in undecided {
            let file = self.sources.kustomization(&application.path);
            self.note(Class::Error, undecided_value(object, &file), Some(&application.path), tally);
        }
        match compared {
            Ok(Some(changes)) => {
                application.adapted_objects =
                    changes.iter().filter(|change| change.outcome != Outcome::Removed).count();
                application.changes = changes;
            }
            Ok(None) if !self.compares => {}
            Ok(None) => self.not_compared(&application.path, "it does not build without the functions", tally),
            Err(error) => self.not_compared(&application.path, &error.to_string(), tally),
        }
    }

    /// Notes that an application has no changes to show.
    fn not_compared(&mut self, application: &str, reason: &str, tally: &mut Tally) {
        let message = format!("the manifests before and after the functions cannot be compared: {reason}");
        let report = own_report(ReportRule::NotLookedAt, &self.sources.kustomization(application), message);
        self.note(Class::Unknown, report, Some(application), tally);
    }

    /// The report. `tool` says what made it.
    pub fn finish(mut self, tool: Tool) -> Assessment {
        self.applications.sort_by(|one, other| one.path.cmp(&other.path));
        self.findings.sort_by(|one, other| order(one).cmp(&order(other)));
        make_unique(&mut self.findings);
        Assessment {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            tool,
            summary: summary(self.catalog, &self.applications, &self.findings),
            rules: rules(self.catalog, &self.findings),
            applications: self.applications,
            excluded: self.excluded,
            findings: self.findings,
        }
    }
}

/// What is counted in one application.
#[derive(Default)]
struct Tally {
    counts: Counts,
    rules: BTreeMap<(Class, String), u64>,
    numbers: HashMap<Cause, usize>,
    functions: BTreeMap<String, Functions>,
    adapted: BTreeSet<String>,
    authors: Authors,
}

/// What a function did in one application.
#[derive(Default)]
struct Functions {
    changed: BTreeSet<String>,
    counts: Adaptation,
}

impl Tally {
    /// The number of causes of the application that were like this one.
    fn number(&mut self, cause: &Cause) -> usize {
        let count = self.numbers.entry(cause.clone()).or_default();
        *count += 1;
        *count - 1
    }

    fn count(&mut self, class: Class, is_leftover: bool, rule: &str) {
        self.counts.add(class, is_leftover);
        *self.rules.entry((class, rule.to_owned())).or_default() += 1;
    }

    /// Counts what a function changed, if the report says so.
    fn note_change(&mut self, report: &Report) {
        let Some(rule) = Change::rule_of(&report.rule) else { return };
        let object = report.object.as_ref().map(ToString::to_string).unwrap_or_default();
        let of_function = self.functions.entry(report.function.clone()).or_default();
        let counts = &mut of_function.counts;
        match rule {
            _ if report.field.is_some() => {
                counts.fields += 1;
                of_function.changed.insert(object.clone());
            }
            CommonRule::Removed => counts.removed += 1,
            CommonRule::Replaced => counts.replaced += 1,
            _ => counts.added += 1,
        }
        if rule == CommonRule::Changed && report.field.as_deref() == Some("kind") {
            self.authors.note_retyped(&object, &report.function);
        }
        if rule == CommonRule::Added && report.field.is_none() {
            self.authors.note_made(&object);
        }
        if let Some(successor) = report.message.strip_prefix("replaced by ") {
            self.authors.note_made(successor);
            self.authors.note(successor.to_owned(), &report.function);
            self.adapted.insert(successor.to_owned());
        }
        let is_gone = report.field.is_none() && matches!(rule, CommonRule::Removed | CommonRule::Replaced);
        if !is_gone {
            self.adapted.insert(object.clone());
        }
        self.authors.note(object, &report.function);
    }

    fn adaptations(&self) -> Vec<Adaptation> {
        let of = |(function, of_function): (&String, &Functions)| Adaptation {
            function: function.clone(),
            changed: of_function.changed.len(),
            ..of_function.counts.clone()
        };
        self.functions.iter().map(of).collect()
    }
}

impl Change {
    /// The rule of a finding that tells of a change; `None` of any other.
    fn rule_of(id: &str) -> Option<CommonRule> {
        use CommonRule::{Added, Changed, Removed, Replaced};
        [Changed, Added, Removed, Replaced].into_iter().find(|rule| rule.rule().id == id)
    }
}

impl Counts {
    fn add(&mut self, class: Class, is_leftover: bool) {
        let count = match class {
            Class::Failure | Class::Error => &mut self.errors,
            Class::Unknown => &mut self.unknown,
            Class::Warning => &mut self.warnings,
            Class::Accepted => &mut self.accepted,
            Class::Note => &mut self.notes,
        };
        *count += 1;
        self.leftovers += usize::from(is_leftover && class.is_open());
    }
}

fn class_of(report: &Report) -> Class {
    match (report.severity, &report.accepted) {
        (_, Some(_)) => Class::Accepted,
        // No person can decide what no function saw.
        _ if report.rule == CommonRule::NotJudged.rule().id => Class::Unknown,
        (Severity::Error, None) => Class::Error,
        (Severity::Warning, None) => Class::Warning,
        (Severity::Info, None) => Class::Note,
    }
}

/// A finding of the report itself.
fn own_report(rule: ReportRule, file: &str, message: impl Into<String>) -> Report {
    let rule = rule.rule();
    Report {
        function: OWN_NAME.to_owned(),
        rule: rule.id.to_owned(),
        severity: rule.severity,
        object: None,
        field: None,
        file: Some(file.to_owned()),
        message: message.into(),
        current_value: None,
        proposed_value: None,
        remedy: rule.remedy.to_owned(),
        accepted: None,
    }
}

fn failure(reason: &str, kustomization: &str) -> Report {
    own_report(ReportRule::BuildFailed, kustomization, format!("does not build: {}", reason.trim()))
}

/// A function that some hosts skip.
fn skipped(skippable: &Skippable) -> Report {
    let message = if skippable.is_generator {
        "kubectl, and a kustomize without `--enable-exec`, skip this generator and exit with 0: its objects are missing there, and \
         a host that prunes deletes them"
    } else {
        "kubectl, and a kustomize without `--enable-exec`, skip this function and exit with 0: objects leave as they came there"
    };
    Report {
        object: Some(skippable.config()),
        field: Some(FieldPath::annotation(RUNTIME).to_string()),
        file: skippable.file.clone(),
        ..own_report(ReportRule::SkippedInSilence, "", format!("{message}; wire it as a plugin"))
    }
}

/// An annotation that kustomize did not read.
fn unread(object: &ObjectReference, annotation: &str) -> Report {
    let message = "kustomize reads this annotation on objects of generators alone, so it did nothing here; list what makes the \
                   object under `generators:`, or take it out";
    Report {
        object: Some(object.clone()),
        field: Some(FieldPath::annotation(annotation).to_string()),
        file: None,
        ..own_report(ReportRule::UnreadAnnotation, "", message)
    }
}

/// An object with a name that a person is still to decide.
fn undecided_value(object: ObjectReference, file: &str) -> Report {
    let message = format!(
        "a name is still to be decided (`{UNDECIDED}`); write the right one into the function config that has it"
    );
    Report { object: Some(object), ..own_report(ReportRule::Undecided, file, message) }
}

/// Why a build failed. What kustomize adds to the errors of a function says nothing.
fn reason_of(said: &str, directory: &str, has_errors: bool) -> String {
    if has_errors && said.contains("failure in plugin configured via") {
        return "A function reports errors, which the findings tell.".to_owned();
    }
    same_everywhere(said, directory)
}

/// What was said of a build without what differs from machine to machine and from run to run: the directory of the repository,
/// and names of temporary files.
fn same_everywhere(said: &str, directory: &str) -> String {
    const TEMPORARY: [&str; 3] = ["replatform-build-", "kustomize-", "kust-plugin-config-"];
    /// The random part of a name is longer than this; a part of a version is not.
    const SHORT: usize = 5;
    TEMPORARY.iter().fold(said.replace(directory, ""), |said, prefix| {
        let mut parts = said.split(prefix);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |told, part| {
            let random = part.bytes().take_while(u8::is_ascii_alphanumeric).count();
            if random > SHORT { told + "(temporary)" + &part[random..] } else { told + prefix + part }
        })
    })
}

/// A path with slashes; `.` for none.
fn path_of(directory: &Path) -> String {
    let parts: Vec<_> = directory.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A fingerprint of what stays of a cause when messages, lines and severities change.
fn fingerprint(cause: &Cause) -> String {
    let field = cause.field.as_deref().unwrap_or_default();
    let parts = [&cause.function, &cause.rule, &cause.file, &cause.object, field, &cause.number.to_string()];
    let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part).chain_update([0]));
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Gives findings with the same fingerprint a number: one that some accepted and others did not.
fn make_unique(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.id = format!("{}-{count}", finding.id);
        }
    }
}

/// The worst first, then those of most applications, then by function, rule and place.
fn order(finding: &Finding) -> impl Ord + use<'_> {
    let many = std::cmp::Reverse(finding.occurrences.len());
    let object = finding.object.as_ref().map(|object: &ObjectReference| object.to_string());
    let Finding { class, function, rule, location, field, accepted, message, .. } = finding;
    (class, many, function, rule, location, object, field, accepted, message)
}

fn sum(rules: &BTreeMap<(Class, String), u64>) -> u64 {
    let mut effort = Effort::default();
    for ((class, rule), count) in rules {
        (0..*count).for_each(|_| effort.add(*class, rule));
    }
    effort.sum()
}

fn summary(catalog: &Catalog, applications: &[Application], findings: &[Finding]) -> Summary {
    let mut counts = Counts::default();
    let mut effort = Effort::default();
    for finding in findings {
        counts.add(finding.class, finding.leftover);
        effort.add(finding.class, &finding.rule);
    }
    let count = |is_counted: &dyn Fn(&Application) -> bool| applications.iter().filter(|one| is_counted(one)).count();
    Summary {
        applications: applications.len(),
        failed: count(&|application| application.failure.is_some()),
        with_work: count(&|application| application.failure.is_some() || application.counts.errors > 0),
        not_adapted: count(&|application| application.functions_ran == Ran::None),
        partly_adapted: count(&|application| application.functions_ran == Ran::Some),
        unchecked: count(&|application| is_unchecked(catalog, application)),
        untouched: count(&Application::is_untouched),
        objects: applications.iter().map(Application::object_count).sum(),
        adapted: applications.iter().map(|application| application.adapted_objects).sum(),
        counts,
        effort: effort.sum(),
        baseline: None,
    }
}

/// On how much of an application functions ran.
fn ran(adaptation: &repository::Adaptation, coverage: &Coverage) -> Ran {
    match adaptation {
        repository::Adaptation::NotWired => Ran::None,
        repository::Adaptation::Ran if coverage.unseen.is_empty() => Ran::All,
        repository::Adaptation::Ran | repository::Adaptation::Skipped { .. } => Ran::Some,
    }
}

/// Whether functions ran, but not the one that tells what is left of the old platform. Which ones are on another machine is not
/// known.
fn is_unchecked(catalog: &Catalog, application: &Application) -> bool {
    let ran = matches!(application.functions_ran, Ran::All | Ran::Some) && application.failure.is_none();
    ran && !application.functions.iter().any(|function| function.is_empty() || catalog.is_leftover(function))
}

fn rules(catalog: &Catalog, findings: &[Finding]) -> Vec<RuleUse> {
    let mut by_rule: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_rule.entry((&finding.function, &finding.rule)).or_default().push(finding);
    }
    let mut rules: Vec<_> = by_rule.into_values().filter_map(|findings| rule_use(catalog, &findings)).collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse((rule.open, rule.settled)), rule.class));
    rules
}

fn rule_use(catalog: &Catalog, findings: &[&Finding]) -> Option<RuleUse> {
    let worst = findings.iter().min_by_key(|finding| finding.class)?;
    let open = findings.iter().filter(|finding| finding.class.is_open()).count();
    let occurrences = findings.iter().flat_map(|finding| &finding.occurrences);
    let applications: BTreeSet<_> = occurrences.filter_map(|occurrence| occurrence.application.as_ref()).collect();
    Some(RuleUse {
        function: worst.function.clone(),
        rule: worst.rule.clone(),
        class: worst.class,
        about: catalog.rule(&worst.rule).map(|rule| rule.summary.trim().to_owned()).unwrap_or_default(),
        remedy: worst.remedy.clone(),
        open,
        settled: findings.len() - open,
        applications: applications.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_nothing_of_the_machine() {
        let reason = "kust-plugin-config-1260453370; lstat /srv/shop/base/a.yaml: no such file; /tmp/replatform-build-Ab12Cd/kustomize-123456789/x, /opt/kustomize-5.8.1/x";
        let expected =
            "(temporary); lstat base/a.yaml: no such file; /tmp/(temporary)/(temporary)/x, /opt/kustomize-5.8.1/x";
        assert_eq!(same_everywhere(reason, "/srv/shop/"), expected);
    }
}
