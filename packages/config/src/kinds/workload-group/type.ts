import type { WorkloadEndpoint } from '../service-entry/type.ts'
import type { Labels } from '../shape/networking.ts'

/** `networking.istio.io` WorkloadGroup: what the WorkloadEntries have in common that workloads register for themselves. */
export interface WorkloadGroupSpec {
  readonly metadata: { readonly labels: Labels; readonly annotations: Labels }
  readonly template: WorkloadEndpoint
  readonly probe?: ReadinessProbe
}

/** How the workload's agent finds out whether the application is ready; times in seconds, counts at least 0. */
export interface ReadinessProbe {
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly httpGet?: HttpProbe
  readonly tcpSocket?: { readonly host?: string; readonly port: number }
  readonly exec?: { readonly command: readonly string[] }
  readonly grpc?: { readonly port: number; readonly service?: string }
}

export interface HttpProbe {
  readonly path?: string
  readonly port: number
  readonly host?: string
  /** `HTTP` or `HTTPS`. */
  readonly scheme?: string
  readonly httpHeaders: readonly { readonly name: string; readonly value: string }[]
}
