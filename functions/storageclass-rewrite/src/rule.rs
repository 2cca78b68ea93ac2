//! The rules of the findings.

krm::rules! {
    /// What storageclass-rewrite reports. The table in the README comes from it, and people accept findings by the ids.
    pub enum Rule {
        /// No option knows what becomes of a class. Accepted, the class stays as it is, and so does its StorageClass.
        UnknownStorageClass("unknown-storage-class", Error, Acceptable, "Map the class in `spec.mapping`, or add its platform to `spec.from`."),
        /// A later step fills in the name of a class, so nothing is checked.
        ClassIsVariable("class-is-variable", Warning, Acceptable, "See that the variable becomes a class of the new cluster where it is set, and name the field in `spec.ignoredFields`."),
        /// A field is called like one for a class, in an object of a kind that no table lists, and holds the name of a
        /// mapped class. It stays.
        UnclearClassField("unclear-class-field", Warning, Acceptable, "Name the field in `spec.fields` to rewrite it, or in `spec.ignoredFields`."),
        /// Text that is not rewritten, such as a script or a policy, mentions a mapped class.
        ClassNamedInText("class-named-in-text", Warning, Acceptable, "Change the name by hand if it must follow."),
        /// A field for YAML text, such as the values of a chart, holds other text or a template, so no class in it is rewritten.
        StorageTextNotYaml("storage-text-not-yaml", Warning, Acceptable, "Correct the text, or change the class in a template by hand."),
        /// A rule of a Role names mapped classes, which may also be names of its other resources. They stay.
        RoleNamesMixedResources("role-names-mixed-resources", Warning, Acceptable, "Give `storageclasses` a rule of its own."),
        /// Limits of several classes become limits of one, so their sum is written.
        QuotaLimitsAdded("quota-limits-added", Warning, Acceptable, "See whether the sum is meant, and write the limit that is."),
        /// Keys for several classes become one, and their values cannot be added up.
        ClassKeysCollide("class-keys-collide", Error, Binding, "Join the two entries by hand."),
        /// A claim is bound to a volume that the build does not hold. Accepted, it waits for a volume of that name.
        ClaimBoundToOldVolume("claim-bound-to-old-volume", Error, Acceptable, "Take out `volumeName`, or bring the volume into the build."),
        /// A claim of several nodes becomes a claim of one, as `spec.reduceAccessModes` says.
        ClaimAccessReduced("claim-access-reduced", Warning, Acceptable, "See that all pods of the claim may run on one node."),
        /// A claim asks for access by several nodes, which its new class does not give. Accepted, it keeps its modes, and
        /// only a volume that you bring serves it.
        ClaimAccessUnsupported("claim-access-unsupported", Error, Acceptable, "Set `spec.rwxClass`, or `spec.reduceAccessModes` if one node is enough."),
        /// A claim asks for a block volume, which its new class does not make. Accepted, only a volume that you bring serves
        /// it.
        ClaimNeedsBlock("claim-needs-block", Error, Acceptable, "Use a file system, or map the claim to another class."),
        /// A claim selects volumes by label, and its new class makes none for it. Accepted, only a volume that you bring
        /// serves it.
        ClaimWithSelector("claim-with-selector", Error, Acceptable, "Take the selector out, or bring a volume and name the class `\"\"`."),
        /// A claim starts as a copy of a snapshot or of another claim, which its new class cannot make.
        ClaimCopiesVolume("claim-copies-volume", Error, Binding, "Restore the data from a backup, or copy it in a Job."),
        /// A populator fills the volume of a claim. It must run on the new cluster too.
        ClaimFilledByPopulator("claim-filled-by-populator", Warning, Acceptable, "See that the populator runs on the new cluster."),
        /// A claim names a VolumeAttributesClass, which its new class does not have.
        ClaimNamesAttributes("claim-names-attributes", Error, Binding, "Take the field out."),
        /// A claim is larger than the largest volume of its new class. Accepted, only a volume that you bring serves it.
        ClaimTooLarge("claim-too-large", Error, Acceptable, "Split the data, or map the claim to another class."),
        /// A claim is smaller than the smallest volume of its new class, which makes and bills a larger one.
        ClaimBelowSmallestVolume("claim-below-smallest-volume", Warning, Acceptable, "Set `spec.roundUp` to say so in the manifest."),
        /// The limit of a claim is below the volume that its new class makes. Accepted, only a volume that you bring serves
        /// it.
        ClaimLimitBelowVolume("claim-limit-below-volume", Error, Acceptable, "Raise the limit, or remove it."),
        /// The size of a claim is no quantity, so it is not checked.
        ClaimSizeUnread("claim-size-unread", Warning, Acceptable, "Write a quantity such as `10Gi`, or check the size that a later step fills in."),
        /// Claims ask for more volumes of a class than the build holds, and no driver makes more.
        StaticVolumesMissing("static-volumes-missing", Warning, Acceptable, "Bring the other volumes into the build, or map the class in `spec.mapping`."),
        /// A quota is raised, since claims whose sizes `spec.roundUp` raises would no longer fit.
        QuotaRaised("quota-raised", Warning, Acceptable, "See whether that is meant."),
        /// Claims name no class, and the new cluster may have two default classes.
        ClaimsWithoutClass("claims-without-class", Warning, Acceptable, "Set `spec.defaultClass`."),
        /// Several replicas share a claim of one node, so all of them must fit on that node.
        ReplicasShareClaim("replicas-share-claim", Warning, Acceptable, "Use `volumeClaimTemplates` of a StatefulSet, or a class that several nodes share."),
        /// A rolling update starts a pod while the old one holds the volume of one node.
        RollingUpdateWaits("rolling-update-waits", Info, Binding, "Set `strategy.type: Recreate` to avoid the wait."),
        /// A LimitRange allows claims only below the smallest volume.
        LimitRangeBelowVolume("limit-range-below-volume", Warning, Acceptable, "Raise the limit."),
        /// A pod or a PersistentVolume names a disk or a driver of the old platform. Accepted, it stays as it is.
        VolumeOfOldPlatform("volume-of-old-platform", Error, Acceptable, "Copy the data to a new volume, and mount a claim in its place."),
        /// A PersistentVolume asks for a node in a zone of the old cloud. Accepted, it stays as it is.
        VolumeInOldZone("volume-in-old-zone", Error, Acceptable, "Bind the volume to `csi.hetzner.cloud/location` or a node."),
        /// A PersistentVolume is on an NFS server, which must answer from the new cluster too.
        VolumeOnNfsServer("volume-on-nfs-server", Warning, Acceptable, "See that the new cluster reaches the server."),
        /// Annotations of a claim or volume tell what the old cluster did with it.
        VolumeStateAnnotations("volume-state-annotations", Warning, Acceptable, "Take the annotations out."),
        /// No driver of the new cluster serves a snapshot, its class or content, or a VolumeAttributesClass. Accepted, the
        /// object stays as it is.
        SnapshotUnserved("snapshot-unserved", Error, Acceptable, "Take the object out, or set `spec.snapshots` to `Drop`."),
        /// A field of an operator asks for snapshots, which no class of the new cluster makes. Accepted, it stays as it is.
        SnapshotsAskedFor("snapshots-asked-for", Error, Acceptable, "Back up to an object store."),
        /// A StorageClass is removed, and fields or text that are not rewritten still name it.
        ClassDroppedInUse("class-dropped-in-use", Warning, Acceptable, "Name the fields in `spec.fields`, or set `spec.storageClasses` to `Alias`."),
        /// A StorageClass stays, since claims keep its name, and its provisioner does not run on the new cluster.
        ClassWithoutDriver("class-without-driver", Warning, Acceptable, "Set `spec.storageClasses` to `Convert`, or map the class to another one."),
        /// The volumes of a StorageClass are kept when their claims are deleted, and those of the class that claims get are
        /// deleted. Accepted, the class goes, and deleting a claim deletes its data.
        RetainedVolumesDeleted("retained-volumes-deleted", Error, Acceptable, "Map the class to itself, and set `spec.storageClasses` to `Convert` if its driver is of the old cluster."),
        /// Parameters of a StorageClass promise what no class of the target keeps.
        ClassPromiseLost("class-promise-lost", Warning, Acceptable, "Find another way for the claims that count on it."),
        /// Claims leave a StorageClass for one with other mount options, another file system, growth, binding mode or zones, or
        /// for one of which nothing is known.
        ClassPolicyLost("class-policy-lost", Warning, Acceptable, "Map the class to itself, and set `spec.storageClasses` to `Convert` if its driver is of the old cluster."),
        /// A converted StorageClass loses parameters, zones or growth, which its new provisioner does not have.
        ClassFieldsRemoved("class-fields-removed", Warning, Acceptable, "See that the claims of the class do without."),
        /// A StorageClass is a default class, and so is another of the build or one that the cluster brings.
        DefaultClassDoubled("default-class-doubled", Warning, Acceptable, "Unmark all default classes but one."),
        /// A StorageClass is removed, since the cluster has the class that it would become.
        ClassAlreadyThere("class-already-there", Info, Binding, "Nothing is to be done."),
        /// A StorageClass is to be made, and the provisioner of its new class is not known.
        ClassWithoutProvisioner("class-without-provisioner", Error, Binding, "Name the provisioner in `spec.classes`."),
        /// StorageProfiles of several classes become profiles of one, and say different things. Accepted, the first one stays.
        StorageProfilesMerge("storage-profiles-merge", Error, Acceptable, "Leave one of them, or map the classes apart in `spec.mapping`."),
        /// Classes of different speed and price become one.
        ClassTiersMerged("class-tiers-merged", Warning, Acceptable, "Map the classes apart in `spec.mapping` if it matters."),
        /// A class becomes one that can do less.
        ClassAbilityLost("class-ability-lost", Warning, Acceptable, "Map the class to another one if the claims need it."),
        /// The old cloud encrypts volumes, and the new class does not.
        EncryptionLost("encryption-lost", Info, Binding, "Map the classes to an encrypted class if that matters."),
        /// The abilities of a class are not known, so its claims are not checked.
        ClassNotDescribed("class-not-described", Info, Binding, "Describe the class in `spec.classes`."),
        /// The build asks for more volumes than the servers can hold. The number is an estimate. Accepted, the build stays
        /// as it is.
        ServersWithoutRoom("servers-without-room", Error, Acceptable, "Add servers, or map some claims to another class."),
    }
}
