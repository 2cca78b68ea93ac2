//! The rules of the findings.

krm::rules! {
    /// What deploy-control reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {
        /// The config describes no environment, so no Application is held back.
        NoEnvironment("no-environment", Warning, Acceptable, "Describe the environments in `spec.environments`."),
        /// No environment matches an Application, so it is not held back.
        UnmatchedApplication("unmatched-application", Error, Acceptable, "Match it in `spec.environments`."),
        /// Several environments match an Application.
        AmbiguousEnvironment("ambiguous-environment", Error, Binding, "Make the patterns below `match` exclude each other."),
        /// A generator fills in what decides the environment of an ApplicationSet.
        UnclearEnvironment("unclear-environment", Error, Acceptable, "Write one set for each environment, and match it by `names` or `labels`."),
        /// No environment is one of production.
        NoProduction("no-production", Info, Binding, "List the names of those that are in `spec.production`; an empty list says that there are none."),
        /// The build has no Application of an environment.
        EmptyEnvironment("empty-environment", Info, Binding, "Nothing is to be done if its Applications are in another build."),
        /// No Application of the build is that of a service. It is an error if the gate of the service is the only one that would be closed.
        ServiceWithoutApplication("service-without-application", Error, Acceptable, "Name its Applications in `applications` of the service."),
        /// A gate keeps an Application from syncing by itself.
        GateClosed("gate-closed", Info, Binding, "Nothing is to be done."),
        /// An Application may sync by itself, and its manifest does not say that it does.
        NotAutomated("not-automated", Info, Binding, "Set `spec.automated` to let it."),

        /// An Application of production may sync by itself.
        AutomatedProduction("automated-production", Error, Binding, "Close a gate: set `auto_deploy` of the environment to `false`, or `require_manual_approval` to `true`."),
        /// A patch of an ApplicationSet may make its Applications sync by themselves, though a gate is closed.
        TemplatePatch("template-patch", Error, Acceptable, "Take `automated` out of the patch."),
        /// An ApplicationSet starts the syncs of its Applications step by step, though a gate is closed.
        RollingSync("rolling-sync", Error, Acceptable, "Take `spec.strategy` out of the set."),
        /// An Application starts a sync as soon as it is applied, though a gate is closed.
        OperationInManifest("operation-in-manifest", Error, Acceptable, "Take `operation` out of the manifest."),
        /// An ApplicationSet leaves it to its Applications in the cluster how they sync, though a gate is closed. In production that is an error.
        SyncPolicyIgnored("sync-policy-ignored", Warning, Acceptable, "Take the sync policy out of `spec.ignoreApplicationDifferences`."),
        /// An ApplicationSet does not update Applications that are there, so a closed gate does not reach them.
        ApplicationsNotUpdated("applications-not-updated", Warning, Acceptable, "Set `spec.syncPolicy.applicationsSync` of the set to `create-update` or `sync`."),
        /// An Application syncs by itself into the namespace of the Applications, so it can open the gates of the others.
        ParentSyncs("parent-syncs", Warning, Acceptable, "Let people sync it by hand, or protect the branch that it follows."),
        /// The Application that deploys these is not in the build.
        ParentUnseen("parent-unseen", Info, Binding, "See to it that what it follows is protected: whoever changes that opens the gates."),
        /// An Application of production follows the newest commit of a repository, whatever its branch is.
        MovingRevision("moving-revision", Warning, Acceptable, "Name a branch, a tag or a commit in `targetRevision`."),
        /// A person must start the syncs of a project, and no role of the project says who may.
        ApproversUnseen("approvers-unseen", Info, Binding, "Give the right to `sync` to a role, in the project or in the ConfigMap argocd-rbac-cm."),
        /// The config asks for a rollback on failure, which Argo CD does not have.
        RollbackWithoutCounterpart("rollback-without-counterpart", Error, Acceptable, "Set `rollback_on_failure` to `false`, and make the workload a Rollout of Argo Rollouts, which goes back by itself; if a workflow rolls back, accept the finding and name it."),

        /// An Application that needs windows is of the project `default`, which the build should not own.
        DefaultProject("default-project", Error, Acceptable, "Give it a project of its own."),
        /// The build does not have the project of an Application that needs windows, so nothing writes them.
        ProjectNotInBuild("project-not-in-build", Error, Acceptable, "Add the AppProject to the build."),
        /// A window of a project is one that Argo CD refuses or takes for another. A project with such a window syncs nothing.
        InvalidWindow("invalid-window", Error, Acceptable, "Correct the window."),
        /// Two windows of a project are the same to Argo CD, which refuses the project then. It syncs nothing.
        DuplicateWindow("duplicate-window", Error, Acceptable, "Take one out, or give environments with the same hours projects of their own."),
        /// Another window of a project opens what a window of the config closes.
        OtherWindow("other-window", Warning, Acceptable, "Take the other window out, or say in the config what it is for."),
        /// A window for the Applications of a set reaches other Applications of the project.
        WindowReachesOthers("window-reaches-others", Error, Acceptable, "Give them projects of their own, or names that differ."),
        /// The deployment windows of an environment have no effect.
        WindowWithoutEffect("window-without-effect", Warning, Acceptable, "Set `manual_sync` of the windows to `false`, or `enabled` of them."),
        /// A sync that runs when a window closes is stuck until it opens.
        SyncCutOff("sync-cut-off", Info, Binding, "Set `spec.argoCDVersion` to `3.5` or later where that is installed: syncs may end then."),
        /// A field needs a newer Argo CD, which drops or refuses it.
        NewerArgoCDNeeded("newer-argo-cd-needed", Warning, Acceptable, "Set `spec.argoCDVersion` to what is installed, or take the field out."),
    }
}
