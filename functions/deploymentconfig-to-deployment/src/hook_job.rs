//! The Job of a hook, with the pod that OpenShift would run.
//!
//! Source: openshift/oc pkg/.../strategy/support/lifecycle.go, `createHookPodManifest`: a pod of the image and the settings of one
//! container, without its ServiceAccount, `envFrom` and tolerations.

use krm::resource_list::Item;
use manifests::selectors::Labels;
use serde_json::{Map, Value, json};

use crate::deployment_config::Strategy;

/// The time that a rollout with its hooks may take, in seconds. Source: openshift/library-go pkg/apps/appsutil/const.go.
const LONGEST_ROLLOUT: i64 = 21600;
/// How long a pod of a hook may take to end, in seconds. Source: openshift/oc, `createHookPodManifest`.
const GRACE_PERIOD: i64 = 10;
/// The annotations by which Argo CD runs a Job before or after a sync.
const HOOK: &str = "argocd.argoproj.io/hook";
const DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";

/// When Argo CD runs a Job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before a sync.
    PreSync,
    /// After a sync.
    PostSync,
}

/// What a Job is made of.
#[derive(Debug)]
pub(crate) struct HookJob<'c> {
    pub(crate) item: &'c Item,
    pub(crate) phase: Phase,
    /// The strategy around the hook, whose labels and deadline count for its pod.
    pub(crate) strategy: Option<&'c Strategy>,
    /// `spec` of the pods of the DeploymentConfig.
    pub(crate) pods: &'c Value,
    /// The container that gives its image and settings.
    pub(crate) container: &'c Value,
    /// `execNewPod` of the hook.
    pub(crate) exec: &'c Value,
    /// Whether the hook is tried until it succeeds.
    pub(crate) retries: bool,
}

impl Phase {
    /// The field of the hook, which is part of the name of its Job.
    fn field(self) -> &'static str {
        match self {
            Self::PreSync => "pre",
            Self::PostSync => "post",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::PostSync => "PostSync",
        }
    }
}

impl HookJob<'_> {
    /// The name of the Job.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.item.name(), self.phase.field())
    }

    /// The Job.
    pub(crate) fn write(&self) -> Value {
        let metadata = without_nulls([
            ("name", Some(self.name().into())),
            ("namespace", self.item.namespace().map(Value::from)),
            ("annotations", Some(json!({ HOOK: self.phase.name(), DELETE_POLICY: "BeforeHookCreation" }))),
        ]);
        let deadline = self.strategy.and_then(|strategy| strategy.active_deadline_seconds).unwrap_or(LONGEST_ROLLOUT);
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": {
                "activeDeadlineSeconds": deadline,
                "backoffLimit": if self.retries { i32::MAX } else { 0 },
                "template": self.pod(),
            },
        })
    }

    fn pod(&self) -> Value {
        let of_strategy =
            |labels: Option<&Labels>| labels.filter(|labels| !labels.is_empty()).map(|labels| json!(labels));
        let labels = of_strategy(self.strategy.and_then(|strategy| strategy.labels.as_ref()));
        let annotations = of_strategy(self.strategy.and_then(|strategy| strategy.annotations.as_ref()));
        let metadata = without_nulls([("labels", labels), ("annotations", annotations)]);
        let metadata = Some(metadata).filter(|metadata| *metadata != json!({}));
        without_nulls([("metadata", metadata), ("spec", Some(self.pod_spec()))])
    }

    fn pod_spec(&self) -> Value {
        without_nulls([
            ("containers", Some(json!([self.hook_container()]))),
            ("securityContext", copied(self.pods, "securityContext")),
            ("volumes", self.of_volumes(&self.pods["volumes"])),
            ("nodeSelector", copied(self.pods, "nodeSelector")),
            ("imagePullSecrets", copied(self.pods, "imagePullSecrets")),
            ("restartPolicy", Some(if self.retries { "OnFailure" } else { "Never" }.into())),
            ("terminationGracePeriodSeconds", Some(GRACE_PERIOD.into())),
        ])
    }

    fn hook_container(&self) -> Value {
        without_nulls([
            ("name", Some("lifecycle".into())),
            ("image", copied(self.container, "image")),
            ("imagePullPolicy", copied(self.container, "imagePullPolicy")),
            ("command", copied(self.exec, "command")),
            ("workingDir", copied(self.container, "workingDir")),
            ("env", Some(self.environment())),
            ("resources", copied(self.container, "resources")),
            ("volumeMounts", self.of_volumes(&self.container["volumeMounts"])),
            ("securityContext", copied(self.container, "securityContext")),
        ])
    }

    /// The items of a list that are about volumes of the hook.
    fn of_volumes(&self, list: &Value) -> Option<Value> {
        let names: Vec<_> = self.exec["volumes"].as_array().into_iter().flatten().collect();
        let items = list.as_array().into_iter().flatten().filter(|item| names.contains(&&item["name"]));
        let items: Vec<_> = items.cloned().collect();
        (!items.is_empty()).then(|| items.into())
    }

    /// The variables of the container, those of the hook in their place, and the two that OpenShift adds.
    fn environment(&self) -> Value {
        let mut variables: Vec<Value> = Vec::new();
        let of_both = [&self.container["env"], &self.exec["env"]].into_iter().filter_map(Value::as_array).flatten();
        let added = [
            json!({"name": "OPENSHIFT_DEPLOYMENT_NAME", "value": self.item.name()}),
            json!({"name": "OPENSHIFT_DEPLOYMENT_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}),
        ];
        for variable in of_both.chain(&added) {
            match variables.iter_mut().find(|known| known["name"] == variable["name"]) {
                Some(known) => *known = variable.clone(),
                None => variables.push(variable.clone()),
            }
        }
        variables.into()
    }
}

/// A field, if it holds anything.
fn copied(from: &Value, key: &str) -> Option<Value> {
    from.get(key).filter(|value| !value.is_null()).cloned()
}

/// A mapping of the entries that have a value.
fn without_nulls<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let entries = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(entries.collect::<Map<_, _>>())
}
