import { FractionalPercent, FractionalPercent_DenominatorType } from '@meshwork/protos/envoy/type/v3/percent'

const PARTS_PER_PERCENT = 10_000

/** 0 to 100 percent, exact to a ten-thousandth of a percent, which is the finest that Envoy takes. */
export function fractionOf(percent: number): FractionalPercent {
  return FractionalPercent.fromPartial({
    numerator: Math.round(percent * PARTS_PER_PERCENT),
    denominator: FractionalPercent_DenominatorType.MILLION,
  })
}
