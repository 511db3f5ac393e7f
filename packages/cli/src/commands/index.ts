import type { Command } from '../command/command.ts'
import { analyzeCommand } from './analyze/analyze.ts'
import { clusterCheckCommand } from './cluster/check.ts'
import { clusterJoinCommand } from './cluster/join.ts'
import { clusterLeaveCommand } from './cluster/leave.ts'
import { clusterListCommand } from './cluster/list.ts'
import { clusterRemoteSecretCommand } from './cluster/remote-secret.ts'
import { checkCommand } from './check/check.ts'
import { describeCommands } from './describe/index.ts'
import { demoCommand } from './demo.ts'
import { checkInjectCommand } from './inject/check-inject.ts'
import { injectCommand } from './inject/inject.ts'
import { uninjectCommand } from './inject/uninject.ts'
import { installCommand } from './install/install.ts'
import { uninstallCommand } from './install/uninstall.ts'
import { localDownCommand } from './local/down.ts'
import { localRunCommand } from './local/run.ts'
import { localStatusCommand } from './local/status.ts'
import { localUpCommand } from './local/up.ts'
import { manifestCrdsCommand } from './manifest/crds.ts'
import { manifestGenerateCommand } from './manifest/generate.ts'
import { manifestSchemasCommand } from './manifest/schemas.ts'
import { profileDiffCommand } from './profile/diff.ts'
import { profileListCommand } from './profile/list.ts'
import { profileShowCommand } from './profile/show.ts'
import { proxyConfigCommands } from './proxy-config/index.ts'
import { proxyStatusCommand } from './proxy-status/index.ts'
import { deregisterCommand } from './register/deregister.ts'
import { registerCommand } from './register/register.ts'
import { tagListCommand } from './tag/list.ts'
import { tagRemoveCommand } from './tag/remove.ts'
import { tagSetCommand } from './tag/set.ts'
import { traceRouteCommand } from './trace-route/index.ts'
import { upgradeInPlaceCommand } from './upgrade/in-place.ts'
import { upgradePlanCommand } from './upgrade/plan.ts'
import { upgradeStatusCommand } from './upgrade/status.ts'
import { upgradeStepCommands } from './upgrade/steps.ts'
import { verifyCommand } from './verify/verify.ts'
import { versionCommand } from './version.ts'

/** Every command, in the order of `meshctl --help`. Adding one is a file beside this and a line here. */
export const commands: readonly Command[] = [
  demoCommand,
  localUpCommand,
  localStatusCommand,
  localRunCommand,
  localDownCommand,
  proxyStatusCommand,
  ...proxyConfigCommands,
  analyzeCommand,
  traceRouteCommand,
  ...describeCommands,
  checkCommand,
  verifyCommand,
  injectCommand,
  uninjectCommand,
  checkInjectCommand,
  installCommand,
  upgradeInPlaceCommand,
  upgradePlanCommand,
  ...upgradeStepCommands,
  upgradeStatusCommand,
  tagSetCommand,
  tagListCommand,
  tagRemoveCommand,
  uninstallCommand,
  manifestGenerateCommand,
  profileListCommand,
  profileShowCommand,
  profileDiffCommand,
  registerCommand,
  deregisterCommand,
  manifestCrdsCommand,
  manifestSchemasCommand,
  clusterJoinCommand,
  clusterListCommand,
  clusterCheckCommand,
  clusterLeaveCommand,
  clusterRemoteSecretCommand,
  versionCommand,
]
