/** The words of JSON: the address behind one that stands here, or 0. */

export function isTrue(at: i32): i32 {
  return load<u32>(at) === 0x65757274 ? at + 4 : 0;
}

export function isFalse(at: i32): i32 {
  return load<u32>(at + 1) === 0x65736c61 ? at + 5 : 0;
}

export function isNull(at: i32): i32 {
  return load<u32>(at) === 0x6c6c756e ? at + 4 : 0;
}
