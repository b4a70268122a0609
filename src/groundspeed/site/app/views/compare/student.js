// Student's t: the distribution and its quantiles, as scipy.special.stdtr and stdtrit give them. Pure.

const LARGE = 1e5; // degrees of freedom from which the normal approximation is exact to eight digits

/**
 * The chance that Student's t with `df` degrees of freedom is at most `t`.
 * @param {number} df @param {number} t
 */
export function stdtr(df, t) {
  if (t === Infinity || t === -Infinity) return t > 0 ? 1 : 0;
  // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.8
  if (df > LARGE) return normal((t * (1 - 1 / (4 * df))) / Math.sqrt(1 + (t * t) / (2 * df)));
  const tail = 0.5 * beta(df / (df + t * t), df / 2, 0.5);
  return t < 0 ? tail : 1 - tail;
}

/** @type {Map<number, number>} */
const known = new Map();

/**
 * The 99.5 % quantile: the half of a two-sided 99 % interval, in standard errors.
 * @param {number} df
 */
export function quantile995(df) {
  const found = known.get(df);
  if (found) return found;
  let [low, high] = [0, 2.6];
  while (stdtr(df, -high) > 0.005) [low, high] = [high, high * 2];
  for (let turn = 0; turn < 60 && high - low > 1e-13 * high; turn++) { // by halves: 60 of them use up a double
    const middle = (low + high) / 2;
    if (stdtr(df, -middle) > 0.005) low = middle;
    else high = middle;
  }
  known.set(df, high);
  return high;
}

/** The standard normal distribution. @param {number} z */
function normal(z) {
  const tail = 0.5 * erfc(Math.abs(z) / Math.SQRT2);
  return z < 0 ? tail : 1 - tail;
}

/** For x >= 0: series near zero, continued fraction beyond (Abramowitz and Stegun 7.1.6, 7.1.14). @param {number} x */
function erfc(x) {
  if (x < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) sum += term = (term * 2 * x * x) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/**
 * The regularised incomplete beta function I_x(a, b): the continued fraction of Abramowitz and Stegun 26.5.8, by
 * Lentz's method (Press et al., Numerical Recipes, 3rd edition, 6.4).
 * @param {number} x @param {number} a @param {number} b @returns {number}
 */
function beta(x, a, b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  const kept = (/** @type {number} */ value) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let sum = d;
  for (let m = 1; m < 5000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    sum *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    sum *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * sum;
}

const LANCZOS = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]; // g = 7, nine terms: 15 digits

/** For z > 0 (Lanczos, SIAM J. Numerical Analysis B 1, 1964). @param {number} z @returns {number} */
function logGamma(z) {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const x = z - 1;
  const t = x + 7.5;
  const sum = LANCZOS.reduce((found, term, place) => (place ? found + term / (x + place) : found + term), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}
