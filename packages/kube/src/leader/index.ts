export { LeaderElection, type LeaderElectionOptions } from './leader-election.ts'
