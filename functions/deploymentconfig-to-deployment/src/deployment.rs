//! From a DeploymentConfig to a Deployment.

use std::collections::HashSet;

use krm::field::FieldPath;
use krm::finding::Message;
use krm::resource_list::{Item, ItemId, Resources};
use manifests::selectors::Labels;
use serde_json::{Value, json};

use crate::annotations;
use crate::deployment_config::{DeploymentConfig, Params, Rollout, Start, TIMEOUT};
use crate::fields;
use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::{Plan, Type};
use crate::pod_marks::{self, OWN};
use crate::rule::Rule;

/// What a DeploymentConfig becomes.
pub(crate) const DEPLOYMENT: Type = Type { api_version: "apps/v1", kind: "Deployment" };

/// Annotations that say nothing about a Deployment: what was applied last, and whether the pod that rolled out is left alone.
const DROPPED_ANNOTATIONS: [&str; 2] =
    ["deploy.openshift.io/deployer-pod.ignore", "kubectl.kubernetes.io/last-applied-configuration"];

/// The annotation of what is idle. Source: openshift/api unidling/v1alpha1, `IdledAtAnnotation`.
const IDLED: &str = "idling.alpha.openshift.io/idled-at";

/// Makes every DeploymentConfig a Deployment. `overlapping` are those whose selector selects pods of others too.
pub(crate) fn convert_all(resources: &Resources, overlapping: &HashSet<ItemId>, plan: &mut Plan) {
    for item in resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item)) {
        let (config, malformed) = DeploymentConfig::read(item);
        for problem in malformed {
            let message = format!("cannot be read: {}; correct it", problem.reason);
            plan.report(Rule::UnreadableField, item, &problem.pointer, message);
        }
        pod_marks::report_lost(item, plan);
        Conversion { item, config: &config, is_overlapping: overlapping.contains(&item.id()), plan }.run();
    }
}

/// One DeploymentConfig on its way.
struct Conversion<'c> {
    item: &'c Item,
    config: &'c DeploymentConfig,
    /// Whether its selector selects pods of others too.
    is_overlapping: bool,
    plan: &'c mut Plan,
}

impl Conversion<'_> {
    fn run(mut self) {
        match &self.item.value()["spec"] {
            Value::Object(_) => {}
            Value::Null => {
                return self.report(Rule::UnreadableField, "spec", "is missing; write it, or take the object out");
            }
            _ => return,
        }
        self.plan.retype(self.item, DEPLOYMENT);
        fields::report_dropped(self.item, self.plan);
        fields::report_unknown(self.item, self.plan);
        self.check_template();
        self.test();
        self.replicas();
        self.selector();
        self.strategy();
        self.deadline();
        self.triggers();
        self.history();
        self.drop_leftovers();
    }

    fn report(&mut self, rule: Rule, path: &'static str, message: impl Into<Message>) {
        self.plan.report(rule, self.item, path, message);
    }

    fn note(&mut self, rule: Rule, path: &'static str, message: &str) {
        self.plan.note(rule, self.item, path, message);
    }

    /// `spec` of the object that is made.
    fn spec(&mut self) -> &mut Value {
        &mut self.plan.edit(self.item)["spec"]
    }

    /// Pods of a Deployment run until something stops them.
    ///
    /// Source: kubernetes pkg/apis/apps/validation, `ValidatePodTemplateSpecForReplicaSet`.
    fn check_template(&mut self) {
        let Some(template) = &self.config.spec.template else {
            return self.report(Rule::UnreadableField, "spec.template", "is missing; write the template of the pods");
        };
        let Some(spec) = &template.spec else { return };
        if let Some(policy) = spec.restart_policy.as_deref().filter(|policy| *policy != "Always") {
            let message =
                format!("is `{policy}`, and pods of a Deployment always restart; take it out, or write a Job");
            self.report(Rule::UnreadableField, "spec.template.spec.restartPolicy", message);
        }
        if spec.active_deadline_seconds.is_some() {
            let message = "ends the pods, and K3s refuses that of a Deployment; take it out, or write a Job";
            self.report(Rule::UnreadableField, "spec.template.spec.activeDeadlineSeconds", message);
        }
    }

    fn test(&mut self) {
        if self.config.spec.test == Some(true) {
            let message = "has pods only while it rolls out, which no Deployment does; write a Job, or take `test` out";
            self.report(Rule::TestDeployment, "spec.test", message);
        }
        self.remove("test");
    }

    /// An absent number is none of a DeploymentConfig and one of a Deployment.
    fn replicas(&mut self) {
        if self.item.value()["spec"]["replicas"].is_null() {
            let message = "is absent, which OpenShift takes for 0 and K3s for 1, so `replicas: 0` is written; write the number that is meant";
            self.report(Rule::ReplicasAbsent, "spec.replicas", message);
            self.spec()["replicas"] = 0.into();
        }
        if self.item.annotation(IDLED).is_some() {
            let message = "is that of an idle DeploymentConfig, of which OpenShift starts pods when something connects to its Service; K3s does \
                           not; write the number of pods, and take the annotations of `idling.alpha.openshift.io` out";
            self.report(Rule::IdleDeployment, "spec.replicas", message);
        }
    }

    fn selector(&mut self) {
        let labels = self.config.pod_labels();
        let selector = self.config.spec.selector.clone().filter(|selector| !selector.is_empty());
        let missing = selector.iter().flatten().find(|(key, value)| labels.get(*key) != Some(value));
        if let Some((key, value)) = missing {
            let message = format!(
                "selects `{key}: {value}`, which the labels of the template do not have; write the same labels in both"
            );
            return self.report(Rule::SelectorMismatch, "spec.selector", message);
        }
        let mut selector = selector.unwrap_or(labels);
        if selector.is_empty() {
            let message = "is empty, and so are the labels of the template; write labels in both, such as `app: NAME`";
            return self.report(Rule::SelectorMismatch, "spec.selector", message);
        }
        self.narrow(&mut selector);
        self.spec()["selector"] = json!({ "matchLabels": selector });
    }

    /// OpenShift wrote the name of the DeploymentConfig over what its selector and its template have. That is done where it matters.
    fn narrow(&mut self, selector: &mut Labels) {
        if !selector.contains_key(OWN) && !self.is_overlapping {
            return;
        }
        let written = &self.plan.value(self.item)["spec"]["template"]["metadata"]["labels"][OWN];
        let name = written.as_str().unwrap_or_default().to_owned();
        if selector.insert(OWN.to_owned(), name).is_none() {
            let message =
                "gets the label `deploymentconfig` as in OpenShift, because other pods have the other labels too";
            self.note(Rule::SelectorNarrowed, "spec.selector", message);
        }
    }

    fn strategy(&mut self) {
        let Some(strategy) = &self.config.spec.strategy else { return };
        let is_customised =
            strategy.custom_params.as_ref().is_some_and(|params| !params.is_null() && *params != json!({}));
        let written = match self.config.rollout() {
            None => {
                let message = "must be `Rolling` or `Recreate`";
                return self.report(Rule::UnreadableField, "spec.strategy.type", message);
            }
            Some(Rollout::Custom) => {
                let message =
                    "runs an image of its own to roll out, which nothing on K3s does; write `Rolling` or `Recreate`";
                return self.report(Rule::CustomStrategy, "spec.strategy.type", message);
            }
            Some(_) if is_customised => {
                let message = "changes the program that rolls out, which K3s does not have; take it out";
                return self.report(Rule::CustomStrategy, "spec.strategy.customParams", message);
            }
            Some(Rollout::Rolling) => self.rolling(),
            Some(Rollout::Recreate) => self.recreate(),
        };
        self.spec()["strategy"] = written;
    }

    fn rolling(&mut self) -> Value {
        let defaults = Params::default();
        let params = self.config.params().unwrap_or(&defaults);
        let (unavailable, surge) = params.amounts();
        for (amount, path) in [
            (&unavailable, "spec.strategy.rollingParams.maxUnavailable"),
            (&surge, "spec.strategy.rollingParams.maxSurge"),
        ] {
            if !amount.is_valid() {
                self.report(Rule::UnreadableField, path, "must be a number of pods, or a share as `25%`");
            }
        }
        if unavailable.percent().is_some_and(|percent| percent > 100) {
            let message = "must not be more than `100%`; write the share of the pods that may be missing";
            self.report(Rule::UnreadableField, "spec.strategy.rollingParams.maxUnavailable", message);
        }
        if unavailable.is_zero() && surge.is_zero() {
            let message = "must not be 0 in both `maxUnavailable` and `maxSurge`; nothing could roll out";
            self.report(Rule::UnreadableField, "spec.strategy.rollingParams", message);
        }
        self.other_params("recreateParams");
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}})
    }

    fn recreate(&mut self) -> Value {
        let message = "starts all pods at once; OpenShift started one, and the others once that was ready";
        self.note(Rule::RolloutDiffers, "spec.strategy.type", message);
        self.other_params("rollingParams");
        json!({"type": "Recreate"})
    }

    /// Tells of the parameters of a strategy that is not in force.
    fn other_params(&mut self, key: &'static str) {
        let params = &self.item.value()["spec"]["strategy"][key];
        if params.as_object().is_some_and(|params| !params.is_empty()) {
            let path = FieldPath::from("spec.strategy").key(key);
            let message =
                "these parameters are dropped: they are of another strategy than `type`, so they had no effect";
            self.plan.note(Rule::SettingDropped, self.item, path, message);
        }
    }

    /// The time that a rollout may take.
    fn deadline(&mut self) {
        let timeout = self.config.timeout();
        let path = match self.config.rollout() {
            Some(Rollout::Recreate) => "spec.strategy.recreateParams.timeoutSeconds",
            _ => "spec.strategy.rollingParams.timeoutSeconds",
        };
        let ready = i64::from(self.config.spec.min_ready_seconds.unwrap_or_default());
        if timeout > i64::from(i32::MAX) || timeout <= 0 {
            return self.report(Rule::UnreadableField, path, "must be a number of seconds from 1 to 2147483647");
        }
        if timeout <= ready {
            let message = format!("is {ready} seconds, and must be less than the {timeout} that a rollout may take");
            return self.report(Rule::UnreadableField, "spec.minReadySeconds", message);
        }
        if timeout != TIMEOUT {
            self.spec()["progressDeadlineSeconds"] = timeout.into();
        }
        let message = "a failed rollout stays as it is; OpenShift rolled back to the last one that worked. Use `kubectl rollout undo`";
        self.note(Rule::RolloutDiffers, "spec.strategy", message);
    }

    fn triggers(&mut self) {
        let known = ["ConfigChange", "ImageChange"];
        let mut are_known = true;
        for (index, trigger) in self.config.spec.triggers.iter().flatten().enumerate() {
            if !known.contains(&trigger.kind.as_str()) {
                let path = FieldPath::from("spec.triggers").index(index).key("type");
                let message = "must be `ConfigChange` or `ImageChange`; correct the trigger, or take it out";
                self.plan.report(Rule::UnreadableTrigger, self.item, path, message);
                are_known = false;
            }
        }
        if self.config.spec.paused == Some(true) {
            let message =
                "a paused Deployment starts no pods on a cluster that does not have it yet; take `paused` out";
            self.report(Rule::PausedDeployment, "spec.paused", message);
        } else if are_known {
            self.start();
        }
        self.remove("triggers");
    }

    /// A Deployment rolls out on every change.
    fn start(&mut self) {
        match self.config.start() {
            Start::Change => {}
            Start::Request => {
                let message = "OpenShift rolled out only on request, and a Deployment rolls out on every change; accept it, or set \
                               `paused: true` in the DeploymentConfig";
                self.report(Rule::ManualRollouts, "spec.triggers", message);
            }
            Start::Image => {
                let message = "OpenShift rolled out when an image changed, and not when the template did; a Deployment rolls out on every \
                               change; add a trigger of type `ConfigChange` if that is meant";
                self.report(Rule::ImageTriggersOnly, "spec.triggers", message);
            }
        }
    }

    /// OpenShift 3 kept all former rollouts unless told otherwise.
    fn history(&mut self) {
        if self.item.group().is_empty() && self.config.spec.revision_history_limit.is_none() {
            let message = "is absent, so K3s keeps 10 former rollouts; OpenShift 3 kept all";
            self.note(Rule::RolloutDiffers, "spec.revisionHistoryLimit", message);
        }
    }

    fn remove(&mut self, key: &str) {
        if self.item.value()["spec"].get(key).is_some()
            && let Some(spec) = self.spec().as_object_mut()
        {
            spec.shift_remove(key);
        }
    }

    fn drop_leftovers(&mut self) {
        if self.item.value().get("status").is_some()
            && let Some(object) = self.plan.edit(self.item).as_object_mut()
        {
            object.shift_remove("status");
        }
        for key in DROPPED_ANNOTATIONS {
            if self.item.annotation(key).is_some() {
                annotations::remove(self.plan.edit(self.item), "/metadata", key);
            }
        }
    }
}
