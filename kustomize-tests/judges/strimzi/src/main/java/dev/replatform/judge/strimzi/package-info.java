/**
 * Judges Strimzi custom resources as a given Strimzi release would: by the CRD model that Strimzi publishes, and, where the operator's own
 * checks are not published, by a restatement of their rules.
 */
package dev.replatform.judge.strimzi;
