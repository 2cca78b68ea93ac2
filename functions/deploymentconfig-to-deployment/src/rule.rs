//! The rules of the findings.

krm::rules! {
    /// What deploymentconfig-to-deployment reports. The table in the README comes from it, and people accept findings by the ids.
    pub enum Rule {
        /// An object of the name and kind that an object becomes is in the build already.
        NameTaken("name-taken", Error, Binding, "Take one of the two out, or rename it."),
        /// The strategy of a DeploymentConfig runs an image of its own, which nothing on K3s runs.
        CustomStrategy("custom-strategy", Error, Binding, "Write a strategy of type `Rolling` or `Recreate`."),
        /// A DeploymentConfig with `test: true` has pods only while it rolls out. A Deployment keeps them.
        TestDeployment("test-deployment", Error, Binding, "Write a Job, or take `test` out."),
        /// A DeploymentConfig runs a hook when it rolls out. A Deployment has no hooks. Accepted, the hook is dropped.
        DeploymentHook("deployment-hook", Error, Acceptable, "Write a Job for it, or set `spec.hooks` to `ArgoCD`."),
        /// An image comes from an image stream, and nothing says which image that is.
        UnresolvedImage("unresolved-image", Error, Binding, "Map the stream in `spec.images`, or set `spec.internalRegistry`."),
        /// An image is in the internal registry of OpenShift, and nothing says where it is now. Accepted, it stays as
        /// it is.
        InternalImage("internal-image", Error, Acceptable, "Map the stream in `spec.images`, or set `spec.internalRegistry`."),
        /// A container of a DeploymentConfig has no image, and no trigger gives it one.
        MissingImage("missing-image", Error, Binding, "Write the image."),
        /// A field holds what the API server of OpenShift or of K3s refuses.
        UnreadableField("unreadable-field", Error, Binding, "Correct the field."),
        /// An image trigger cannot be read.
        UnreadableTrigger("unreadable-trigger", Error, Binding, "Correct the trigger, or take it out."),
        /// The selector of a DeploymentConfig does not select its own pods.
        SelectorMismatch("selector-mismatch", Error, Binding, "Write labels in the selector that the template has too."),
        /// A selector asks for the label `deployment`, in which OpenShift counted rollouts. Pods of a Deployment do not
        /// have it. Accepted, the selector stays and selects nothing.
        NumberedLabelSelected("numbered-label-selected", Error, Acceptable, "Select by a label of the template."),
        /// Nothing in the build reads an ImageStream, and K3s does not know the kind. Accepted, it stays as it is.
        UnreadImageStream("unread-image-stream", Error, Acceptable, "Take the ImageStream out."),
        /// K3s builds no images. Accepted, the BuildConfig stays as it is.
        BuildConfig("build-config", Error, Acceptable, "Build the image in a CI job, and take the BuildConfig out."),
        /// K3s does not process Templates. Accepted, the Template stays as it is.
        TemplateObject("template-object", Error, Acceptable, "Process the Template once, and commit the result."),
        /// An object names a DeploymentConfig as its owner. The new cluster deletes objects whose owner it does not
        /// know. Accepted, the owner stays.
        OwnedByDeploymentConfig("owned-by-deploymentconfig", Error, Acceptable, "Take `ownerReferences` out."),
        /// A binding names a role of another namespace, which a RoleBinding of Kubernetes cannot do.
        RoleNamespace("role-namespace", Error, Binding, "Write the role into the namespace of the binding, or make it a ClusterRole."),
        /// A DeploymentConfig names no number of pods. That means none; of a Deployment it means one, so `replicas: 0`
        /// is written.
        ReplicasAbsent("replicas-absent", Warning, Acceptable, "Write `replicas`."),
        /// A DeploymentConfig is idle: OpenShift starts its pods when something connects to its Service. K3s does not.
        IdleDeployment("idle-deployment", Warning, Acceptable, "Write the number of pods, and take the annotation out."),
        /// A DeploymentConfig rolls out only on request. A Deployment rolls out on every change.
        ManualRollouts("manual-rollouts", Warning, Acceptable, "Accept it, or set `paused: true` to start each rollout by hand."),
        /// A DeploymentConfig rolls out when an image changes, and not when its template does. A Deployment rolls out
        /// on every change.
        ImageTriggersOnly("image-triggers-only", Warning, Acceptable, "Add a trigger of type `ConfigChange`, or accept it."),
        /// A Deployment is paused, so a cluster that does not have it yet starts no pods of it.
        PausedDeployment("paused-deployment", Warning, Acceptable, "Take `paused` out."),
        /// An image is the last one that a trigger noted, since nothing else says where its stream leads.
        LastImageUsed("last-image-used", Warning, Acceptable, "Map the stream in `spec.images`."),
        /// An image comes from a registry that OpenShift trusted without a certificate. K3s pulls it only if its nodes
        /// are told to.
        InsecureRegistry("insecure-registry", Warning, Acceptable, "Configure the registry in `registries.yaml` of each node."),
        /// A hook became a Job that Argo CD runs on every sync, and not on every rollout.
        HookOnEverySync("hook-on-every-sync", Warning, Acceptable, "Make sure that the command can run more than once."),
        /// A field is none of a DeploymentConfig. OpenShift ignores it.
        UnknownConfigField("unknown-config-field", Warning, Acceptable, "Correct the name, or take the field out."),
        /// An object names DeploymentConfigs where the function changes nothing.
        MentionOfDeploymentConfig("mention-of-deploymentconfig", Warning, Acceptable, "See whether it must name the Deployment."),
        /// A command works on a DeploymentConfig, which K3s does not have.
        CommandOnDeploymentConfig("command-on-deploymentconfig", Warning, Acceptable, "Use `kubectl` with the Deployment."),
        /// Argo CD ignores a difference in a field that a Deployment does not have.
        IgnoredDifferenceLost("ignored-difference-lost", Warning, Acceptable, "Take the entry out."),
        /// Argo CD ignores the images of a workload, which a trigger of OpenShift wrote. They come from the build now.
        IgnoredImage("ignored-image", Warning, Acceptable, "Take the entry out, unless a tool writes images on the cluster."),
        /// A template has the label `deploymentconfig` with another value than the one that OpenShift gave its pods, and something
        /// selects by that. The template gets the value that the pods had.
        LabelOverwritten("label-overwritten", Warning, Acceptable, "Write the name of the DeploymentConfig, or take the label out of template and selector."),
        /// A pod reads a label or an annotation of itself that OpenShift wrote. Pods of a Deployment do not have it.
        PodMarkLost("pod-mark-lost", Warning, Acceptable, "Write it in the template, or read something else."),
        /// A role allows actions on DeploymentConfigs that Deployments do not know.
        AccessLost("access-lost", Warning, Acceptable, "See what its users need instead, such as `patch` to restart a rollout."),
        /// A Deployment rolls out in another way than the DeploymentConfig did.
        RolloutDiffers("rollout-differs", Info, Binding, "Nothing is to be done."),
        /// The selector of a DeploymentConfig selects pods of other workloads too. OpenShift added the label `deploymentconfig`
        /// to it, so the Deployment gets the label.
        SelectorNarrowed("selector-narrowed", Info, Binding, "Nothing is to be done."),
        /// A setting has no meaning for a Deployment, and is dropped.
        SettingDropped("setting-dropped", Info, Binding, "Nothing is to be done."),
        /// OpenShift ran the digest that it imported of a tag. K3s pulls what the tag means then.
        TagNotPinned("tag-not-pinned", Info, Binding, "Nothing is to be done; write a digest to pin the image."),
        /// The digest of an image is kept. The new registry has it only if the image was copied, and not built again.
        DigestOfOldRegistry("digest-of-old-registry", Info, Binding, "Nothing is to be done if the image was copied."),
        /// OpenShift pulled an image through its own registry, with the credentials of the ImageStream.
        PulledThroughStream("pulled-through-stream", Info, Binding, "Give the pods an `imagePullSecret` if the image is private."),
        /// OpenShift followed a tag and rolled out new images of it. K3s does not.
        ScheduledImport("scheduled-import", Info, Binding, "Nothing is to be done; let a tool update the image."),
        /// An entry of `images` is for an image stream that no workload of the build asks for.
        UnusedImageEntry("unused-image-entry", Info, Binding, "Correct the name of the stream, or take the entry out."),
    }
}
