export { LeaderElection, type LeaderElectionOptions } from './leader-election.ts'
export { ReplicaNotes, type ReplicaNotesOptions } from './replica-notes.ts'
