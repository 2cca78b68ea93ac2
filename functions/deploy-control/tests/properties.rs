//! What holds for every config and every Application.

use deploy_control::DeployControl;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The switches of an environment and of a service in it.
#[derive(Debug, Clone)]
struct Switches {
    enabled: bool,
    auto: bool,
    approval: bool,
    service: Option<(bool, bool, Option<bool>)>,
    windows: bool,
    is_manual_free: bool,
}

impl Switches {
    fn is_open(&self) -> bool {
        let of_service =
            |(enabled, auto, approval): (bool, bool, Option<bool>)| enabled && auto && approval != Some(true);
        self.enabled && self.auto && !self.approval && self.service.is_none_or(of_service)
    }

    fn config(&self, name: &str) -> Value {
        let mut config = json!({
            "match": {"paths": [format!("overlay/{name}/*")]},
            "enabled": self.enabled,
            "auto_deploy": self.auto,
            "require_manual_approval": self.approval,
            "deployment_windows": {"enabled": self.windows, "days": ["Monday", "Friday"], "hours": ["22:00-02:00"],
                "timezone": "Europe/Berlin", "manual_sync": self.is_manual_free},
        });
        if let Some((enabled, auto, approval)) = self.service {
            config["services"] = json!({"web": {"enabled": enabled, "auto_deploy": auto}});
            if let Some(approval) = approval {
                config["services"]["web"]["require_approval"] = approval.into();
            }
        }
        config
    }
}

fn switches() -> impl Strategy<Value = Switches> {
    let service = prop::option::of((any::<bool>(), any::<bool>(), prop::option::of(any::<bool>())));
    (any::<bool>(), any::<bool>(), any::<bool>(), service, any::<bool>(), any::<bool>()).prop_map(
        |(enabled, auto, approval, service, windows, is_manual_free)| Switches {
            enabled,
            auto,
            approval,
            service,
            windows,
            is_manual_free,
        },
    )
}

fn automated() -> impl Strategy<Value = Option<Value>> {
    prop::option::of(prop::sample::select(vec![
        Value::Null,
        json!({}),
        json!({"prune": true, "selfHeal": true}),
        json!({"enabled": true}),
        json!({"enabled": false}),
        json!({"enabled": false, "prune": true}),
    ]))
}

/// An Application, or an ApplicationSet of one.
fn object(environment: &str, automated: Option<&Value>, is_set: bool) -> Value {
    let mut spec = json!({"project": "shop", "source": {"path": format!("overlay/{environment}/web"), "targetRevision": "main"},
        "destination": {"namespace": "shop"}, "syncPolicy": {"retry": {"limit": 3}}});
    if let Some(automated) = automated {
        spec["syncPolicy"]["automated"] = automated.clone();
    }
    let (kind, spec) = match is_set {
        true => ("ApplicationSet", json!({"template": {"metadata": {"name": "web-{{.name}}"}, "spec": spec}})),
        false => ("Application", spec),
    };
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "web", "namespace": "argocd"}, "spec": spec})
}

fn project() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {}})
}

/// Whether an Application syncs by itself, in every release of Argo CD: one that does not know `enabled` drops it.
fn syncs(object: &Value) -> bool {
    let spec = if object["kind"] == "ApplicationSet" { &object["spec"]["template"]["spec"] } else { &object["spec"] };
    !spec["syncPolicy"]["automated"].is_null()
}

fn was_automated(automated: Option<&Value>) -> bool {
    automated.is_some_and(|automated| !automated.is_null() && automated["enabled"] != false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_application_syncs_by_itself_if_every_gate_is_open(
        global in any::<bool>(),
        switches in switches(),
        automated in automated(),
        is_set in any::<bool>(),
        gives in any::<bool>(),
        guard in any::<bool>(),
    ) {
        let mut spec = json!({"global": {"auto_deploy": global}, "environments": {"stage": switches.config("stage")},
            "approvalWindows": guard, "argoCDVersion": "3.2"});
        if gives {
            spec["automated"] = json!({"prune": true});
        }
        let objects = [project(), object("stage", automated.as_ref(), is_set)];
        let outcome = run_on::<DeployControl>(&objects, &spec);
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        let found = objects_of(&outcome);
        let expected = global && switches.is_open() && (gives || was_automated(automated.as_ref()));
        prop_assert_eq!(syncs(&found[1]), expected);
        let again = run_on::<DeployControl>(&found, &spec);
        prop_assert!(again.succeeded, "{}", again.stderr);
        prop_assert_eq!(objects_of(&again), found);
    }

    #[test]
    fn production_is_never_automated(
        global in any::<bool>(),
        switches in switches(),
        automated in automated(),
        is_set in any::<bool>(),
        gives in any::<bool>(),
    ) {
        let mut spec = json!({"global": {"auto_deploy": global}, "environments": {"prod": switches.config("prod")}});
        if gives {
            spec["automated"] = json!({});
        }
        let outcome = run_on::<DeployControl>(&[project(), object("prod", automated.as_ref(), is_set)], &spec);
        prop_assert_eq!(outcome.succeeded, !(global && switches.is_open()), "{}", outcome.stderr);
        if outcome.succeeded {
            prop_assert!(!objects_of(&outcome).iter().any(syncs));
        }
    }
}
