import { TemplateFault } from '../engine/template-error.ts'
import { expectText, newMap } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'
import { parseVersion, satisfies, versionText } from './version-range.ts'
import type { Version } from './version-range.ts'

/** Versions and ranges, as `semverCompare ">=1.20-0" .Capabilities.KubeVersion.Version` uses them. */
export const SEMVER: Readonly<Record<string, TemplateFunction>> = {
  semver: text => versionMap(expectVersion(text)),
  semverCompare: (range, text) => satisfies(expectVersion(text), expectText(range)),
}

function expectVersion(value: unknown): Version {
  const version = parseVersion(expectText(value))
  if (version === undefined) throw new TemplateFault(`'${String(value)}' is no version`, 'write it as 1.2.3')
  return version
}

function versionMap(version: Version): Record<string, unknown> {
  return newMap([
    ['Major', version.numbers[0]],
    ['Minor', version.numbers[1]],
    ['Patch', version.numbers[2]],
    ['Prerelease', version.prerelease],
    ['Metadata', version.build],
    ['String', () => versionText(version)],
  ])
}
