import type { DataSource } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Report } from './report.ts'

/** Text that stands in the configuration itself. Files and environment of the proxy are not a control plane's to read. */
export function inlineText(source: DataSource | undefined, report: Report): string {
  const specifier = source?.specifier
  if (specifier?.$case === 'inlineString') return specifier.value
  if (specifier?.$case === 'inlineBytes') return Buffer.from(specifier.value).toString('utf8')
  report.refuse('unsupported-source', 'must be given inline')
  return ''
}

/** Path of a file of the proxy's own machine, or null. */
export function fileName(source: DataSource | undefined): string | null {
  return source?.specifier?.$case === 'filename' ? source.specifier.value : null
}

/** Bytes that stand in the configuration itself. */
export function inlineBytes(source: DataSource | undefined, report: Report): Uint8Array {
  return source?.specifier?.$case === 'inlineBytes' ? source.specifier.value : Buffer.from(inlineText(source, report))
}
