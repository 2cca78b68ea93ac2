//! What decides the number of pods: a HorizontalPodAutoscaler, or KEDA with its HTTP add-on.
//!
//! Sources: kedacore/http-add-on v0.15 operator/apis/http; kedacore/keda v2.20 apis/keda/v1alpha1.

use serde_json::{Value, json};

use super::route::Route;
use super::traefik::MARK;
use crate::app::{NamedApp, Replicas};
use crate::config::{IntOrString, KedaHttpApi, Kind, Scaling, ScalingType};
use crate::fields::{Fields, api};
use crate::target::Target;

/// How many requests at a time make up the work of one pod, where the config says nothing.
const CONCURRENCY: u32 = 100;

/// What decides the number of pods of an app.
pub(super) fn scalers(app: &NamedApp, target: &Target<'_>) -> Vec<Value> {
    let Replicas::Scaled { min, max } = app.replicas() else { return Vec::new() };
    let scaling = &app.app.scaling;
    match scaling.kind {
        ScalingType::None => Vec::new(),
        ScalingType::Hpa => vec![autoscaler(app, target, min, max)],
        ScalingType::KedaHttp if target.spec.keda.http_api == KedaHttpApi::HTTPScaledObject => {
            vec![http_scaled_object(app, target, min, max)]
        }
        ScalingType::KedaHttp => {
            let route = interceptor_route(app, target);
            let push = json!({
                "type": "external-push",
                "metadata": {"interceptorRoute": app.name, "scalerAddress": target.spec.keda.scaler_address},
            });
            vec![route, scaled_object(app, target, vec![push])]
        }
        ScalingType::KedaQueue => {
            let triggers = scaling.trigger.iter().map(|trigger| {
                let reference = trigger.authentication.as_ref().map(|name| json!({"name": name}));
                Fields::new()
                    .maybe("authenticationRef", reference)
                    .map("metadata", &trigger.metadata)
                    .with("type", trigger.kind.as_str())
                    .into()
            });
            vec![scaled_object(app, target, triggers.collect())]
        }
        ScalingType::KedaCron => {
            let triggers = scaling.schedules.iter().map(|schedule| {
                json!({"type": "cron", "metadata": {
                    "desiredReplicas": schedule.desired_replicas.to_string(),
                    "end": schedule.end,
                    "start": schedule.start,
                    "timezone": schedule.timezone,
                }})
            });
            vec![scaled_object(app, target, triggers.collect())]
        }
    }
}

fn object(app: &NamedApp, target: &Target<'_>, type_of: (&str, &str), spec: Fields) -> Fields {
    Fields::new()
        .with("apiVersion", type_of.0)
        .with("kind", type_of.1)
        .with("metadata", app.metadata(target, &app.name))
        .with("spec", spec)
}

fn autoscaler(app: &NamedApp, target: &Target<'_>, min: u32, max: u32) -> Value {
    let scaling = &app.app.scaling;
    let share = |name: &str, percent: u32| json!({"type": "Resource", "resource": {"name": name, "target": {"averageUtilization": percent, "type": "Utilization"}}});
    let metrics: Vec<_> = targets(scaling).into_iter().map(|(name, percent)| share(name, percent)).collect();
    let reference = json!({"apiVersion": "apps/v1", "kind": app.app.kind, "name": app.name});
    let spec = Fields::new()
        .fields("behavior", behavior(scaling))
        .with("maxReplicas", max)
        .list("metrics", metrics)
        .with("minReplicas", min)
        .with("scaleTargetRef", reference);
    object(app, target, ("autoscaling/v2", "HorizontalPodAutoscaler"), spec).into()
}

/// The shares of requests that a HorizontalPodAutoscaler aims at, in percent.
pub(crate) fn targets(scaling: &Scaling) -> Vec<(&'static str, u32)> {
    let given = [("cpu", scaling.target_cpu_percent), ("memory", scaling.target_memory_percent)];
    let given: Vec<_> = given.into_iter().filter_map(|(name, percent)| Some((name, percent?))).collect();
    if given.is_empty() { vec![("cpu", 80)] } else { given }
}

fn behavior(scaling: &Scaling) -> Fields {
    let window = |seconds: Option<u32>| Fields::new().maybe("stabilizationWindowSeconds", seconds);
    Fields::new()
        .fields("scaleDown", window(scaling.scale_down_stabilization))
        .fields("scaleUp", window(scaling.scale_up_stabilization))
}

fn scaled_object(app: &NamedApp, target: &Target<'_>, triggers: Vec<Value>) -> Value {
    let Replicas::Scaled { min, max } = app.replicas() else { unreachable!("only scaled apps have one") };
    let scaling = &app.app.scaling;
    let of_autoscaler = Fields::new().fields("behavior", behavior(scaling));
    let advanced = Fields::new().fields("horizontalPodAutoscalerConfig", of_autoscaler);
    let spec = Fields::new()
        .fields("advanced", advanced)
        .maybe("cooldownPeriod", scaling.cooldown_period)
        .with("maxReplicaCount", max)
        .with("minReplicaCount", min)
        .maybe("pollingInterval", scaling.polling_interval)
        .with("scaleTargetRef", scale_target(app))
        .with("triggers", triggers);
    let metadata = app.metadata(target, &app.name);
    // Without its InterceptorRoute the scaler has no metric to give.
    let is_second = scaling.kind == ScalingType::KedaHttp;
    let metadata = metadata.maybe("annotations", is_second.then(|| json!({"argocd.argoproj.io/sync-wave": "1"})));
    object(app, target, ("keda.sh/v1alpha1", "ScaledObject"), spec).with("metadata", metadata).into()
}

fn scale_target(app: &NamedApp) -> Fields {
    // A Deployment is meant where nothing else is said.
    let kind = Some(app.app.kind).filter(|kind| *kind != Kind::Deployment);
    Fields::new()
        .maybe("apiVersion", kind.map(|_| "apps/v1"))
        .maybe("kind", kind.map(|kind| api(&kind)))
        .with("name", app.name.as_str())
}

/// The Service port to which the interceptor sends requests.
fn target_port(app: &NamedApp) -> Fields {
    let given = app.app.ingress.as_ref().and_then(|ingress| ingress.port.clone());
    let first = || app.ports().first().map(|(name, _)| IntOrString::String((*name).to_owned()));
    match given.or_else(first) {
        Some(IntOrString::Int(number)) => Fields::new().with("port", number),
        Some(IntOrString::String(name)) => Fields::new().with("portName", name),
        None => Fields::new(),
    }
}

fn interceptor_route(app: &NamedApp, target: &Target<'_>) -> Value {
    let scaling = &app.app.scaling;
    let concurrency = scaling.target_pending_requests.or(scaling.target_request_rate.is_none().then_some(CONCURRENCY));
    let metric = Fields::new()
        .maybe("concurrency", concurrency.map(|count| json!({"targetValue": count})))
        .maybe("requestRate", scaling.target_request_rate.map(|rate| json!({"targetValue": rate})));
    let timeouts = app.app.ingress.as_ref().and_then(|ingress| ingress.timeouts.as_ref());
    let waits = Fields::new().maybe("responseHeader", timeouts.and_then(|timeouts| timeouts.server.as_deref()));
    let spec = Fields::new()
        .list("rules", rules(app, target))
        .with("scalingMetric", metric)
        .with("target", Fields::new().with("service", app.name.as_str()).and(target_port(app)))
        .fields("timeouts", waits);
    object(app, target, ("http.keda.sh/v1beta1", "InterceptorRoute"), spec).into()
}

/// By what the interceptor knows the requests of an app: those from outside, and those from inside of the cluster.
fn rules(app: &NamedApp, target: &Target<'_>) -> Vec<Fields> {
    let outside = Route::of(app, target).map(|route| {
        let mark = route.mark(target).map(|mark| json!([{"name": MARK, "value": mark}]));
        let path = Some(route.seen_path()).filter(|path| *path != "/");
        Fields::new()
            .maybe("headers", mark)
            .list("hosts", route.hosts.clone())
            .maybe("paths", path.map(|path| json!([{"value": path}])))
    });
    let inside = &app.app.scaling.internal_hosts;
    let inside = (!inside.is_empty()).then(|| Fields::new().with("hosts", inside.clone()));
    outside.into_iter().chain(inside).collect()
}

/// The object of the add-on before 0.14, which makes a ScaledObject of its own.
fn http_scaled_object(app: &NamedApp, target: &Target<'_>, min: u32, max: u32) -> Value {
    let scaling = &app.app.scaling;
    let route = Route::of(app, target);
    let outside = route.iter().flat_map(|route| route.hosts.iter().map(|host| (*host).to_owned()));
    let hosts: Vec<String> = outside.chain(scaling.internal_hosts.iter().cloned()).collect();
    let path = route.as_ref().map(Route::seen_path).filter(|path| *path != "/");
    let mark = route.as_ref().and_then(|route| route.mark(target));
    let reference = Fields::new()
        .with("apiVersion", "apps/v1")
        .with("kind", api(&app.app.kind))
        .with("name", app.name.as_str())
        .with("service", app.name.as_str())
        .and(target_port(app));
    let concurrency = scaling.target_pending_requests.unwrap_or(CONCURRENCY);
    let metric = match scaling.target_request_rate {
        Some(rate) => json!({"requestRate": {"targetValue": rate}}),
        None => json!({"concurrency": {"targetValue": concurrency}}),
    };
    let spec = Fields::new()
        .maybe("headers", mark.map(|mark| json!([{"name": MARK, "value": mark}])))
        .with("hosts", hosts)
        .maybe("pathPrefixes", path.map(|path| json!([path])))
        .with("replicas", json!({"max": max, "min": min}))
        .with("scaleTargetRef", reference)
        .maybe("scaledownPeriod", scaling.cooldown_period)
        .with("scalingMetric", metric);
    object(app, target, ("http.keda.sh/v1alpha1", "HTTPScaledObject"), spec).into()
}
