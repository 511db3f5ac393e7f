import type { HealthCheckConfig } from '../../model/health-check.ts'
import type { CheckTarget } from './check-target.ts'
import type { Checker, CheckerOwner } from './checker.ts'
import { GrpcChecker } from './grpc/grpc-checker.ts'
import { HttpChecker } from './http/http-checker.ts'
import { TcpChecker } from './tcp/tcp-checker.ts'

/** Every kind of check has a folder here and a line in this table. */
export function createChecker({ checker, reuseConnection }: HealthCheckConfig, target: CheckTarget, owner: CheckerOwner): Checker {
  switch (checker.kind) {
    case 'http':
      return new HttpChecker(checker, target, owner)
    case 'grpc':
      return new GrpcChecker(checker, target, owner)
    case 'tcp':
      return new TcpChecker(checker, target, owner, reuseConnection)
  }
}
