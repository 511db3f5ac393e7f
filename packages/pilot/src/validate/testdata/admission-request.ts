import type { Fields } from '@meshwork/core/json'
import type { AdmissionRequest } from '../admission-review.ts'

/** The creation of an object, unless told otherwise. */
export function admissionRequest(object: Fields | undefined, changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { uid: 'u1', operation: 'CREATE', subResource: '', name: '', namespace: 'shop', object, oldObject: undefined, ...changes }
}

/** A VirtualService for `reviews` with these settings of its only route. */
export function route(settings: Fields = {}, metadata: Fields = { name: 'reviews' }): Fields {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata,
    spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }], ...settings }] },
  }
}
