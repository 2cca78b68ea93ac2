//! Workloads: whatever makes pods that are alike.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use krm::finding::{Finding, Findings, ObjectReference, Subject};
use krm::resource_list::{Item, ItemId, Resources, namespace_name};
use manifests::names::{is_dns_label, is_label_key, is_label_value, shortened};
use manifests::pods::{self, OwnPods, PodKind, PodTemplate};
use manifests::selectors::{LabelSet, Labels, Selector, labels_of};
use manifests::services::ContainerPort;
use serde_json::Value;

use super::knative;
use super::objects::Objects;
use crate::config::{Visibility, WorkloadSpec};
use crate::policy::Port;
use crate::rule::Rule;
use crate::settings::Listed;

/// The label that pods get which have none, with the name of what makes them.
pub(crate) const WORKLOAD_LABEL: &str = "replatform.dev/workload";

/// What the keys of the annotations begin with by which pods ask Prometheus to scrape them.
const SCRAPING: &str = "prometheus.io/";

/// The fields of a pod that name its ServiceAccount; the API server copies one to the other.
const ACCOUNT_FIELDS: [&str; 2] = ["serviceAccountName", "serviceAccount"];

/// Letters of the longest value that a label may have.
const LONGEST_VALUE: usize = 63;

/// The value of [`WORKLOAD_LABEL`] of the pods that an object makes.
pub(crate) fn workload_label(name: &str) -> String {
    shortened(name, LONGEST_VALUE)
}

/// The number of a workload in its build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorkloadId(pub(crate) usize);

/// Pods that are alike, and what is known about them.
#[derive(Debug)]
pub(crate) struct Workload {
    /// The object that makes them. An operator's pods are made by its custom resource, declared pods by nothing seen.
    pub(crate) item: Option<ItemId>,
    /// How findings name it.
    pub(crate) reference: Subject,
    /// What its policies are named after.
    pub(crate) name: Arc<str>,
    /// What selects its pods, and no others that are well kept apart.
    pub(crate) selector: Selector,
    /// What its pods carry.
    pub(crate) labels: LabelSet,
    /// What its containers listen on.
    pub(crate) ports: Vec<ContainerPort>,
    /// Where its object has the template of the pods; nothing if it has none.
    pub(crate) kind: Option<&'static PodKind>,
    /// The ServiceAccount whose token its pods get; nothing if they get none, or if their template is not seen.
    pub(crate) account: Option<Cow<'static, str>>,
    /// The annotations by which its pods ask Prometheus to scrape them.
    pub(crate) scraping: Labels,
    /// Whether all its pods talk to one another.
    pub(crate) is_mesh: bool,
    /// Whether its pods run in the host network, out of reach of policies.
    pub(crate) is_in_host_network: bool,
    /// Ports whose clients its custom resource lists, which its operator then lets in.
    pub(crate) left_to_operator: BTreeSet<Port>,
    /// Where the label by which policies select its pods is still to be written; nothing if they have it.
    pub(crate) unwritten_label: Option<String>,
    /// Who may reach it, as stated.
    pub(crate) visibility: Option<Visibility>,
    /// Who may reach it besides those that the build implies.
    pub(crate) allow_from: Vec<Listed>,
    /// What the API server refuses in it, from the first question on.
    pub(super) refused: OnceCell<Option<String>>,
}

impl Workload {
    /// Pods of which nothing but the labels is known.
    pub(crate) fn new(reference: impl Into<Subject>, labels: Labels, selector: Selector) -> Self {
        let reference = reference.into();
        Self {
            item: None,
            name: reference.name.clone(),
            reference,
            selector,
            labels: labels.into(),
            ports: Vec::new(),
            kind: None,
            account: None,
            scraping: Labels::new(),
            is_mesh: false,
            is_in_host_network: false,
            left_to_operator: BTreeSet::new(),
            unwritten_label: None,
            visibility: None,
            allow_from: Vec::new(),
            refused: OnceCell::new(),
        }
    }

    /// The workloads among the objects, in the order of their kinds.
    pub(crate) fn all(resources: &Resources, objects: &Objects<'_>, findings: &mut Findings) -> Vec<Self> {
        // A PodTemplate makes no pods until something else copies it.
        let kinds = pods::kinds().iter().filter(|kind| kind.kind != "PodTemplate");
        let items = kinds.flat_map(|kind| objects.of(kind.group, kind.kind).map(move |item| (kind, item)));
        items.filter_map(|(kind, item)| resources.look(item, |item| Self::of(kind, item, findings))).collect()
    }

    fn of(kind: &'static PodKind, item: &Item, findings: &mut Findings) -> Option<Self> {
        let template = PodTemplate::at(kind, item.value())?;
        let (ports, malformed) = ContainerPort::all(item, &template);
        findings.extend(malformed);
        let labels = labels_of(&template.metadata["labels"]);
        let mut workload = Self {
            item: Some(item.id()),
            ports,
            kind: Some(kind),
            account: account(template.spec),
            scraping: labels_of(&template.metadata["annotations"]),
            is_mesh: kind.kind == "StatefulSet",
            is_in_host_network: template.spec["hostNetwork"] == true,
            ..Self::new(item, labels, Selector::default())
        };
        if kind.group == knative::GROUP {
            workload.ports = knative::ports();
        }
        workload.scraping.retain(|key, _| key.starts_with(SCRAPING));
        workload.selector = workload.own_pods(&template, item, findings);
        workload.add_labels(template.added_label(item).map(|(key, value)| (key.to_owned(), value)));
        if workload.selector.is_everything() && kind.kind == "CronJob" {
            workload.take_label(item, format!("{}/metadata/labels", kind.template));
        }
        Some(workload)
    }

    /// What selects the pods of an object. A selector that is not there is that of the template's labels, or of the label
    /// that the controller adds.
    fn own_pods(&self, template: &PodTemplate<'_>, item: &Item, findings: &mut Findings) -> Selector {
        let stated = match template.kind.own_pods {
            OwnPods::Selector => Selector::read(item, "/spec/selector").unwrap_or_else(|malformed| {
                findings.extend(malformed);
                Selector::default()
            }),
            OwnPods::Labels => Selector::of_build(labels_of(&item.value()["spec"]["selector"])),
            OwnPods::Template => Selector::default(),
        };
        if !stated.is_everything() {
            return stated;
        }
        let added = || template.added_label(item).map(|(key, value)| (key.to_owned(), value));
        // kustomize does not know where these have the labels of their pods, so that it adds none there.
        if matches!(template.kind.group, knative::GROUP | "keda.sh") {
            let labels: Labels = self.labels.to_map().into_iter().chain(added()).collect();
            return Selector::of_others(&labels);
        }
        match added() {
            Some(label) if self.labels.is_empty() => Selector::of_others(&[label].into()),
            _ => Selector::of_build(self.labels.to_map()),
        }
    }

    fn add_labels(&mut self, labels: impl IntoIterator<Item = (String, String)>) {
        let mut more = labels.into_iter().peekable();
        if more.peek().is_some() {
            self.labels = self.labels.to_map().into_iter().chain(more).collect::<Labels>().into();
        }
    }

    /// Gives pods without labels one that policies can select, to be written where their labels are.
    pub(super) fn take_label(&mut self, item: &Item, pointer: String) {
        let label = (WORKLOAD_LABEL.to_owned(), workload_label(item.name()));
        self.add_labels([label.clone()]);
        self.selector = Selector::of_build([label].into());
        self.unwritten_label = Some(pointer);
    }

    /// The pods that the options declare.
    pub(crate) fn declared(spec: &WorkloadSpec) -> Option<Self> {
        if spec.pod_labels.is_empty() {
            return None;
        }
        let reference = ObjectReference {
            api_version: "v1".into(),
            kind: "Pod".into(),
            name: spec.name.as_str().into(),
            namespace: spec.namespace.as_deref().map(Arc::from),
            file: None,
        };
        let ports = spec.ports.iter().map(|port| ContainerPort::tcp(None, *port)).collect();
        let selector = Selector::of_others(&spec.pod_labels);
        Some(Self { ports, ..Self::new(reference, spec.pod_labels.clone(), selector) })
    }

    /// Where its pods run, as it is written.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.reference.namespace.as_deref()
    }

    /// The name of the namespace that its pods run in.
    pub(crate) fn namespace_name(&self) -> &str {
        namespace_name(self.namespace())
    }

    /// A label of its pods, or the name of their namespace, that the API server refuses.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.get_or_init(|| self.find_refused().map(str::to_owned)).as_deref()
    }

    fn find_refused(&self) -> Option<&str> {
        let labels = self.labels.iter().flat_map(|(key, value)| {
            [Some(key).filter(|key| !is_label_key(key)), Some(value).filter(|it| !is_label_value(it))]
        });
        let namespace =
            Some(self.namespace_name()).filter(|_| self.namespace().is_some_and(|name| !is_dns_label(name)));
        self.selector.refused().or(labels.flatten().next()).or(namespace)
    }

    /// Whether its pods come and go, so that policies may not know them yet when they connect.
    pub(crate) fn is_short_lived(&self) -> bool {
        self.kind.is_some_and(|kind| kind.is_short_lived)
    }

    /// Whether Knative runs it, whose own pods bring the requests.
    pub(crate) fn is_of_knative(&self) -> bool {
        self.kind.is_some_and(|kind| kind.group == knative::GROUP)
    }
}

/// The ServiceAccount whose token pods get; nothing if they get none.
fn account(spec: &Value) -> Option<Cow<'static, str>> {
    let stated = || ACCOUNT_FIELDS.iter().find_map(|field| spec[*field].as_str());
    let account = || stated().map_or(Cow::Borrowed("default"), |account| account.to_owned().into());
    (spec["automountServiceAccountToken"] != false).then(account)
}

/// Several workloads, by the first of them and their number, behind "of".
pub(crate) fn of_several(first: &Workload, count: usize) -> String {
    match count.saturating_sub(1) {
        0 => first.reference.to_string(),
        1 => format!("{} and of another workload", first.reference),
        more => format!("{} and of {more} more workloads", first.reference),
    }
}

/// Says that nothing can select pods without labels and only them.
pub(crate) fn unlabelled(workload: &Workload) -> Finding {
    let message = "its pods have no labels, so that no policy can select them; give the pod template labels";
    Finding::new(Rule::PodsWithoutLabels, message).on(workload.reference.clone())
}

/// Says that the API server refuses labels of pods, or their namespace.
pub(crate) fn unselectable(workload: &Workload, refused: &str) -> Finding {
    let message = format!(
        "`{refused}` is no label or namespace that the API server takes, so that no policy can select its pods; use at most 63 \
         letters, digits and `-`, and in labels `_` and `.`, with a letter or digit at either end"
    );
    Finding::new(Rule::LabelRefused, message).on(workload.reference.clone())
}
