import { ok } from '@meshwork/core/result'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { Report } from '../../decode/report.ts'
import { routerBlueprint } from './filter.ts'

const FIELDS: FieldPolicy<Router> = {
  read: ['suppressEnvoyHeaders'],
  // Tracing, statistics, and what is on whenever it is of use.
  harmless: ['dynamicStats', 'startChildSpan', 'suppressGrpcRequestFailureCodeStats', 'respectExpectedRqTimeout'],
}

export const routerCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
  decode: bytes => {
    const router = Router.decode(bytes)
    const report = new Report()
    refuseOtherFields(router, FIELDS, report)
    return report.violations.length === 0 ? ok(routerBlueprint(router.suppressEnvoyHeaders)) : { kind: 'err', error: report.violations }
  },
  perRoute: null,
}
