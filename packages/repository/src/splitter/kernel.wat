;; Kernels of the content-defined splitters: each looks for the first position whose 64-byte window hashes to
;; zero under a mask. Compiled to kernel.wasm.ts by packages/repository/scripts/build-wasm.ts.
;;
;; One core of an AMD EPYC, Node 24, every byte hashed (benchmarks/kernels/splitter.ts): BUZHASH 0.3 GB/s as a plain
;; loop in JavaScript, 1.35 as the same loop here, 1.85 as below; RABINKARP 0.9. Cutting at 4 MiB, where the first
;; half of the average chunk is skipped: 3.1 and 1.7 GB/s.
;;
;; Memory from $base on (one page; layout shared with kernel.ts):
;;      0  BUZHASH table, 256 x u32
;;   1024  trail of rolled hashes, 64 + 1024 x u32
;;   5376  RABINKARP table for the leaving byte, 256 x u64
;;   7424  RABINKARP table for the reduction, 256 x u64
;;   9472  window for bytes that live elsewhere
(module
  (import "splitter" "memory" (memory 1))

  ;; Rolls bytes from $src on into trail entries $dst to $end (a multiple of 8 entries) and returns the last.
  ;; The hash never forgets: r = rotl(r, 1) ^ T[byte]. What 64 bytes ago contributed has by now been turned by
  ;; 64 bits, that is not at all, so the windowed hash is r(n) ^ r(n - 64): one table look-up a byte, not two.
  ;; Inside a group of 8 the entry k is kept turned back by k bits, so that the chain from byte to byte is one
  ;; xor, and turning is paid once a group.
  (func $roll (param $base i32) (param $hash i32) (param $src i32) (param $dst i32) (param $end i32) (result i32)
    (loop $group
      (local.set $hash (i32.xor (i32.rotl (local.get $hash) (i32.const 8))
        (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u (local.get $src)) (i32.const 2))))))
      (i32.store offset=1024 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=1 (local.get $src)) (i32.const 2)))) (i32.const 1))))
      (i32.store offset=1028 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=2 (local.get $src)) (i32.const 2)))) (i32.const 2))))
      (i32.store offset=1032 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=3 (local.get $src)) (i32.const 2)))) (i32.const 3))))
      (i32.store offset=1036 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=4 (local.get $src)) (i32.const 2)))) (i32.const 4))))
      (i32.store offset=1040 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=5 (local.get $src)) (i32.const 2)))) (i32.const 5))))
      (i32.store offset=1044 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=6 (local.get $src)) (i32.const 2)))) (i32.const 6))))
      (i32.store offset=1048 (local.get $dst) (local.get $hash))
      (local.set $hash (i32.xor (local.get $hash)
        (i32.rotr (i32.load (i32.add (local.get $base) (i32.shl (i32.load8_u offset=7 (local.get $src)) (i32.const 2)))) (i32.const 7))))
      (i32.store offset=1052 (local.get $dst) (local.get $hash))
      (local.set $src (i32.add (local.get $src) (i32.const 8)))
      (local.set $dst (i32.add (local.get $dst) (i32.const 32)))
      (br_if $group (i32.lt_u (local.get $dst) (local.get $end))))
    (local.get $hash))

  ;; Whether any windowed hash of trail entries $at to $end is zero under the masks of a group.
  (func $any (param $at i32) (param $end i32) (param $low v128) (param $high v128) (result i32)
    (local $found v128)
    (loop $group
      (local.set $found (v128.or (local.get $found) (v128.or
        (i32x4.eq (v128.const i32x4 0 0 0 0) (v128.and (local.get $low)
          (v128.xor (v128.load offset=1024 (local.get $at)) (v128.load offset=1280 (local.get $at)))))
        (i32x4.eq (v128.const i32x4 0 0 0 0) (v128.and (local.get $high)
          (v128.xor (v128.load offset=1040 (local.get $at)) (v128.load offset=1296 (local.get $at))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br_if $group (i32.lt_u (local.get $at) (local.get $end))))
    (v128.any_true (local.get $found)))

  ;; Index of the first windowed hash of the trail that is zero under $mask; there is one.
  (func $first (param $base i32) (param $mask i32) (result i32)
    (local $index i32) (local $at i32)
    (loop $next
      (local.set $at (i32.add (local.get $base) (i32.shl (local.get $index) (i32.const 2))))
      (if (i32.and
            (i32.xor (i32.load offset=1024 (local.get $at)) (i32.load offset=1280 (local.get $at)))
            (i32.rotr (local.get $mask) (i32.and (local.get $index) (i32.const 7))))
        (then
          (local.set $index (i32.add (local.get $index) (i32.const 1)))
          (br $next))))
    (local.get $index))

  ;; Four lanes of $mask, turned back as the trail's entries $from to $from + 3 of a group are.
  (func $turned (param $mask i32) (param $from i32) (result v128)
    (i32x4.replace_lane 3 (i32x4.replace_lane 2 (i32x4.replace_lane 1 (i32x4.splat
      (i32.rotr (local.get $mask) (local.get $from)))
      (i32.rotr (local.get $mask) (i32.add (local.get $from) (i32.const 1))))
      (i32.rotr (local.get $mask) (i32.add (local.get $from) (i32.const 2))))
      (i32.rotr (local.get $mask) (i32.add (local.get $from) (i32.const 3)))))

  ;; How far behind $from the first window ends whose hash is zero under $mask, or -1.
  ;; Looks at that many ends: $count rounded up to a multiple of 8. Reads from $from - 65 to $from + that - 2.
  ;; Each block starts one byte early, so that entry i and entry i + 64 of the trail bound window i.
  (func (export "buzhash") (param $base i32) (param $from i32) (param $count i32) (param $mask i32) (result i32)
    (local $hash i32) (local $done i32) (local $bytes i32) (local $low v128) (local $high v128)
    (local.set $low (call $turned (local.get $mask) (i32.const 0)))
    (local.set $high (call $turned (local.get $mask) (i32.const 4)))
    (local.set $hash (call $roll (local.get $base) (i32.const 0) (i32.sub (local.get $from) (i32.const 65))
      (local.get $base) (i32.add (local.get $base) (i32.const 256))))
    (loop $block
      (if (i32.ge_s (local.get $done) (local.get $count)) (then (return (i32.const -1))))
      (local.set $bytes (i32.and
        (i32.shl (i32.add (i32.sub (local.get $count) (local.get $done)) (i32.const 7)) (i32.const 2))
        (i32.const -32)))
      (if (i32.gt_u (local.get $bytes) (i32.const 4096)) (then (local.set $bytes (i32.const 4096))))
      (local.set $hash (call $roll (local.get $base) (local.get $hash)
        (i32.sub (i32.add (local.get $from) (local.get $done)) (i32.const 1))
        (i32.add (local.get $base) (i32.const 256))
        (i32.add (i32.add (local.get $base) (i32.const 256)) (local.get $bytes))))
      (if (call $any (local.get $base) (i32.add (local.get $base) (local.get $bytes)) (local.get $low) (local.get $high))
        (then (return (i32.add (local.get $done) (call $first (local.get $base) (local.get $mask))))))
      (memory.copy
        (i32.add (local.get $base) (i32.const 1024))
        (i32.add (i32.add (local.get $base) (i32.const 1024)) (local.get $bytes))
        (i32.const 256))
      (local.set $done (i32.add (local.get $done) (i32.shr_u (local.get $bytes) (i32.const 2))))
      (br $block))
    (unreachable))

  ;; Polynomial of the 64 bytes from $src on.
  (func $window (param $base i32) (param $src i32) (result i64)
    (local $v i64) (local $end i32)
    (local.set $end (i32.add (local.get $src) (i32.const 64)))
    (loop $byte
      (local.set $v (i64.xor
        (i64.or (i64.shl (local.get $v) (i64.const 8)) (i64.load8_u (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v) (i64.const 45))) (i32.const 3))))))
      (local.set $src (i32.add (local.get $src) (i32.const 1)))
      (br_if $byte (i32.lt_u (local.get $src) (local.get $end))))
    (local.get $v))

  ;; Whether any of the 16384 windows that start at $src to $src + 16383 is zero under $mask.
  ;; A roll waits nine cycles for the one before it; four rolls, 4096 bytes apart, wait together.
  (func $quad (param $base i32) (param $src i32) (param $mask i32) (result i32)
    (local $v0 i64) (local $v1 i64) (local $v2 i64) (local $v3 i64) (local $end i32)
    (local.set $src (i32.sub (local.get $src) (i32.const 1)))
    (local.set $v0 (call $window (local.get $base) (local.get $src)))
    (local.set $v1 (call $window (local.get $base) (i32.add (local.get $src) (i32.const 4096))))
    (local.set $v2 (call $window (local.get $base) (i32.add (local.get $src) (i32.const 8192))))
    (local.set $v3 (call $window (local.get $base) (i32.add (local.get $src) (i32.const 12288))))
    (local.set $end (i32.add (local.get $src) (i32.const 4096)))
    (block $hit
    (loop $byte
      (local.set $v0 (i64.xor (local.get $v0)
        (i64.load offset=5376 (i32.add (local.get $base) (i32.shl (i32.load8_u (local.get $src)) (i32.const 3))))))
      (local.set $v0 (i64.xor
        (i64.or (i64.shl (local.get $v0) (i64.const 8)) (i64.load8_u offset=64 (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v0) (i64.const 45))) (i32.const 3))))))
      (br_if $hit (i32.eqz (i32.and (i32.wrap_i64 (local.get $v0)) (local.get $mask))))
      (local.set $v1 (i64.xor (local.get $v1)
        (i64.load offset=5376 (i32.add (local.get $base) (i32.shl (i32.load8_u offset=4096 (local.get $src)) (i32.const 3))))))
      (local.set $v1 (i64.xor
        (i64.or (i64.shl (local.get $v1) (i64.const 8)) (i64.load8_u offset=4160 (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v1) (i64.const 45))) (i32.const 3))))))
      (br_if $hit (i32.eqz (i32.and (i32.wrap_i64 (local.get $v1)) (local.get $mask))))
      (local.set $v2 (i64.xor (local.get $v2)
        (i64.load offset=5376 (i32.add (local.get $base) (i32.shl (i32.load8_u offset=8192 (local.get $src)) (i32.const 3))))))
      (local.set $v2 (i64.xor
        (i64.or (i64.shl (local.get $v2) (i64.const 8)) (i64.load8_u offset=8256 (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v2) (i64.const 45))) (i32.const 3))))))
      (br_if $hit (i32.eqz (i32.and (i32.wrap_i64 (local.get $v2)) (local.get $mask))))
      (local.set $v3 (i64.xor (local.get $v3)
        (i64.load offset=5376 (i32.add (local.get $base) (i32.shl (i32.load8_u offset=12288 (local.get $src)) (i32.const 3))))))
      (local.set $v3 (i64.xor
        (i64.or (i64.shl (local.get $v3) (i64.const 8)) (i64.load8_u offset=12352 (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v3) (i64.const 45))) (i32.const 3))))))
      (br_if $hit (i32.eqz (i32.and (i32.wrap_i64 (local.get $v3)) (local.get $mask))))
      (local.set $src (i32.add (local.get $src) (i32.const 1)))
      (br_if $byte (i32.lt_u (local.get $src) (local.get $end))))
    (return (i32.const 0)))
    (i32.const 1))

  ;; As "buzhash", for RABINKARP; looks at exactly $count ends.
  (func (export "rabinkarp") (param $base i32) (param $from i32) (param $count i32) (param $mask i32) (result i32)
    (local $v0 i64) (local $src i32) (local $start i32) (local $end i32)
    (local.set $start (i32.sub (local.get $from) (i32.const 64)))
    (local.set $src (local.get $start))
    (local.set $end (i32.add (local.get $start) (local.get $count)))
    (block $near
      (loop $block
        (br_if $near (i32.lt_u (i32.sub (local.get $end) (local.get $src)) (i32.const 16384)))
        (br_if $near (call $quad (local.get $base) (local.get $src) (local.get $mask)))
        (local.set $src (i32.add (local.get $src) (i32.const 16384)))
        (br $block)))
    (if (i32.ge_u (local.get $src) (local.get $end)) (then (return (i32.const -1))))
    (local.set $src (i32.sub (local.get $src) (i32.const 1)))
    (local.set $end (i32.sub (local.get $end) (i32.const 1)))
    (local.set $v0 (call $window (local.get $base) (local.get $src)))
    (block $hit
    (loop $byte
      (local.set $v0 (i64.xor (local.get $v0)
        (i64.load offset=5376 (i32.add (local.get $base) (i32.shl (i32.load8_u (local.get $src)) (i32.const 3))))))
      (local.set $v0 (i64.xor
        (i64.or (i64.shl (local.get $v0) (i64.const 8)) (i64.load8_u offset=64 (local.get $src)))
        (i64.load offset=7424 (i32.add (local.get $base)
          (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $v0) (i64.const 45))) (i32.const 3))))))
      (br_if $hit (i32.eqz (i32.and (i32.wrap_i64 (local.get $v0)) (local.get $mask))))
      (local.set $src (i32.add (local.get $src) (i32.const 1)))
      (br_if $byte (i32.lt_u (local.get $src) (local.get $end))))
    (return (i32.const -1)))
    (i32.sub (local.get $src) (i32.sub (local.get $start) (i32.const 1)))))
