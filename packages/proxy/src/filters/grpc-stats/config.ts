import { FilterConfig } from '@meshwork/protos/envoy/extensions/filters/http/grpc_stats/v3/config'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { type GrpcStatsConfig, GrpcStatsFilter } from './filter.ts'
import type { MethodChoice } from './method-names.ts'

export const grpcStatsCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
  decode: codecFor(
    FilterConfig,
    {
      read: ['perMethodStatSpecifier', 'enableUpstreamStats', 'replaceDotsInGrpcServiceName'],
      // Filter state is read by access logs only, whose operator for it is refused where it is not known.
      harmless: ['emitFilterState'],
    },
    message => {
      const config: GrpcStatsConfig = { methods: methodsOf(message), upstreamTimes: message.enableUpstreamStats }
      return { name: 'envoy.filters.http.grpc_stats', compile: deps => new GrpcStatsFilter(config, deps) }
    },
  ),
  perRoute: null,
}

function methodsOf({ perMethodStatSpecifier: choice, replaceDotsInGrpcServiceName: replacesDots }: FilterConfig): MethodChoice {
  if (choice?.$case === 'statsForAllMethods') return choice.value === true ? { kind: 'all', replacesDots } : { kind: 'none' }
  if (choice?.$case !== 'individualMethodStatsAllowlist') return { kind: 'none' }
  const paths = choice.value.services.flatMap(({ name, methodNames }) => methodNames.map(method => `/${name}/${method}`))
  return { kind: 'listed', paths: new Set(paths) }
}
