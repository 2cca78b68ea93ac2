//! Gives pods the Secrets that they need to pull their images.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::bookkeeping::ACCEPT;
use krm::resource_list::{Item, ItemId, Prefilter, Referent, Resources};
use krm::rule::CommonRule;
use manifests::images::leading_name;
use manifests::pods::PodTemplate;
use serde_json::{Value, json};

use crate::custom_lists;
use crate::images::images_of;
use crate::new_list::NewList;
use crate::pull_secrets::{Needed, PullSecrets, names};
use crate::report::{Groups, unused_entries};
use crate::rule::Rule;
use crate::search::Search;
use crate::told::Told;

/// Adds the Secrets to all pods of the build.
pub(crate) fn add(secrets: &PullSecrets, search: Search<'_>, resources: &mut Resources, findings: &mut Findings) {
    let mut adder = Adder { secrets, search, used: BTreeSet::new(), unseen: Groups::default(), told: Told::default() };
    let mut lists: Vec<(ItemId, NewList)> = Vec::new();
    let registries = Prefilter::new(secrets.registries.names());
    // The images of pods need not name Docker Hub.
    let may_match = |item: &&Item| secrets.registries.has_docker_hub || registries.may_match(item);
    for item in resources.iter().filter(may_match) {
        let of_item = match PodTemplate::of(item) {
            Some(template) => adder.pod(item, &template, resources).into_iter().collect(),
            None => adder.custom(item),
        };
        lists.extend(of_item.into_iter().map(|list| (item.id(), list)));
    }
    adder.report(findings);
    for (id, list) in lists {
        list.write(resources.edit(id));
    }
}

struct Adder<'a> {
    secrets: &'a PullSecrets,
    search: Search<'a>,
    /// The registries of which the build has images.
    used: BTreeSet<String>,
    /// Pods with ServiceAccounts that the build does not hold, by nothing.
    unseen: Groups<()>,
    told: Told,
}

impl<'a> Adder<'a> {
    /// The list of pull secrets for pods, if it changes.
    fn pod(&mut self, item: &Item, template: &PodTemplate<'_>, resources: &Resources) -> Option<NewList> {
        let needed = self.needed_by(template);
        if needed.is_empty() {
            return None;
        }
        let own = self.own_list(item, template)?;
        let of_account = if own.is_empty() { account_secrets(item, template, resources) } else { Some(Vec::new()) };
        let is_unseen = of_account.is_none();
        let list = with_names([own, of_account.unwrap_or_default()].concat(), &needed)?;
        if is_unseen {
            let account = account_of(template).unwrap_or_default();
            self.unseen.add((), &item.into(), template.spec_path(), account);
        }
        let keys = template.kind.template.split('/').skip(1).chain(["spec", "imagePullSecrets"]);
        Some(NewList { keys: keys.map(str::to_owned).collect(), value: list.into() })
    }

    /// The Secrets that the images of pods need.
    fn needed_by(&mut self, template: &PodTemplate<'_>) -> Vec<&'a str> {
        let containers = template.containers().filter_map(|container| container.value["image"].as_str());
        let volumes = template.volumes().filter_map(|(_, volume)| volume["image"]["reference"].as_str());
        let needed: Vec<_> = containers.chain(volumes).filter_map(|image| self.secrets.of_image(image)).collect();
        self.used.extend(needed.iter().map(|secret| secret.key.clone()));
        needed.into_iter().map(|secret| secret.name.as_str()).collect()
    }

    /// The list that pods have. One of another type is reported.
    fn own_list(&mut self, item: &Item, template: &PodTemplate<'_>) -> Option<Vec<Value>> {
        match &template.spec["imagePullSecrets"] {
            Value::Null => Some(Vec::new()),
            Value::Array(own) => Some(own.clone()),
            _ => {
                let message = "is not a list, so no pull secret is added to it; correct it";
                let path = template.spec_path().key("imagePullSecrets");
                self.told.push(Finding::new(CommonRule::MalformedField, message).on(item).at(path));
                None
            }
        }
    }

    /// The lists of pull secrets in an object of another kind, as far as they change.
    fn custom(&mut self, item: &Item) -> Vec<NewList> {
        let images = images_of(item.value(), self.search).into_iter();
        let needed = |(pointer, image): (_, String)| {
            let secret = self
                .secrets
                .of_image(&image)
                .filter(|_| leading_name(&image).is_some_and(|name| name.domain.is_some()))?;
            Some(Needed { secret, pointer, image })
        };
        let needed: Vec<_> = images.filter_map(needed).collect();
        self.used.extend(needed.iter().map(|needed| needed.secret.key.clone()));
        let (lists, left) = custom_lists::of(item, needed);
        self.report_left(item, &left);
        lists
    }

    /// Says which images have no list of Secrets.
    fn report_left(&mut self, item: &Item, left: &[Needed<'_>]) {
        for name in names(left) {
            let mut of_secret = left.iter().filter(|needed| needed.secret.name == name);
            let Some(first) = of_secret.next() else { continue };
            let others = match of_secret.count() {
                0 => String::new(),
                others => format!(" and {others} more"),
            };
            let message = format!(
                "`{}`{others} may need the pull secret `{name}`, and it is not known where the object lists pull secrets; add it \
                 by hand, or to the ServiceAccount of the pods",
                first.image
            );
            let say = if item.annotation(ACCEPT).is_some() { Told::say_apart } else { Told::say };
            say(&mut self.told, Rule::PullSecretNotAdded, message, &item.into(), FieldPath::from(&first.pointer));
        }
    }

    /// Says what concerns the whole build.
    fn report(self, findings: &mut Findings) {
        for ((), group) in self.unseen.iter() {
            let message = format!(
                "{} gets its own list of pull secrets, and its ServiceAccount `{}` is not in the build; the pull secrets of a \
                 ServiceAccount count only for pods without a list, so add them to the pods, if there are any",
                group.of_many("workload"),
                group.text
            );
            let finding = Finding::new(Rule::AccountSecretsUnseen, message);
            findings.push(finding.on(group.object.clone()).at(group.field.clone()));
        }
        findings.extend(unused_entries("pullSecrets", &self.secrets.others(&self.used)));
        findings.extend(self.told.into_findings());
    }
}

/// A list of Secrets with more names, if it does not have them all.
fn with_names(mut list: Vec<Value>, names: &[&str]) -> Option<Vec<Value>> {
    let before = list.len();
    for name in names {
        if !list.iter().any(|entry| entry["name"] == *name) {
            list.push(json!({ "name": name }));
        }
    }
    (list.len() > before).then_some(list)
}

/// The ServiceAccount that pods name.
fn account_of<'v>(template: &PodTemplate<'v>) -> Option<&'v str> {
    let name = |key: &str| template.spec[key].as_str().filter(|name| !name.is_empty());
    name("serviceAccountName").or_else(|| name("serviceAccount"))
}

/// The pull secrets that pods without a list get from their ServiceAccount; `None` if the pods name one that the build does
/// not hold.
///
/// Source: kubernetes plugin/pkg/admission/serviceaccount/admission.go.
fn account_secrets(item: &Item, template: &PodTemplate<'_>, resources: &Resources) -> Option<Vec<Value>> {
    let named = account_of(template);
    match resources.referent(item.id(), "", "ServiceAccount", named.unwrap_or("default")) {
        Referent::Found(id) => {
            let secrets = resources.get(id).value()["imagePullSecrets"].as_array();
            Some(secrets.cloned().unwrap_or_default())
        }
        // The account `default` of a namespace has none at first.
        Referent::Missing if named.is_none_or(|name| name == "default") => Some(Vec::new()),
        Referent::Missing | Referent::Ambiguous(_) => None,
    }
}
