import { randomInt } from 'node:crypto';

const ADJECTIVES =
  `agile amber ample apt balmy blithe bold brave breezy bright brisk calm candid cheery clever cosy crisp daring deft
  dewy eager early earnest elated even fair fleet fluent fond frank fresh frosty gallant gentle gifted glad golden
  grand hale handy happy hardy hearty honest humble jaunty jolly jovial keen kind lively loyal lucid lucky mellow merry
  mighty mild modest neat nimble noble patient placid plucky polite proud quick quiet rapid ready robust rosy rugged
  serene sharp silent smart snug sober solid sound spry steady still stout sturdy sunny supple sure swift tender tidy
  tireless trusty upbeat vivid warm wise witty zesty`.split(/\s+/);

/** People who sailed, measured, computed, built or found something out. */
const SURNAMES =
  `amundsen anning aryabhata avicenna babbage banneker barents bell bering bernoulli bessel bohr bonny boole bose brahe
  brunel cabot cassini celsius chandra cook copernicus coulomb cousteau curie dalton darwin dirac drake earhart
  eratosthenes euler faraday fermat fibonacci fleming foucault franklin gagarin galileo gauss germain hamilton harrison
  herschel hertz hipparchus hooke hopper hubble humboldt huygens hypatia jemison joule kepler khayyam knuth kovalevskaya
  lagrange lamarr laplace leavitt leibniz linnaeus lovelace magellan maxwell meitner mendel mercator mirzakhani mitchell
  nansen napier newton noether nightingale ohm pascal pasteur planck polo ptolemy pythagoras ramanujan ride roentgen
  rutherford sagan shackleton shannon slocum somerville tesla thales turing vespucci volta watt wegener wren wu`.split(
    /\s+/,
  );

/** A name like Docker's, `adjective_surname`, for which `isFree` holds; with a number when many are taken. */
export function generateName(isFree: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const suffix = attempt < 6 ? '' : String(randomInt(10 ** Math.min(9, attempt - 5)));
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}${suffix}`;
    if (isFree(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
