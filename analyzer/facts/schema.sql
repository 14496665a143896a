-- Facts: everything that the analyzer and the harness measured about one KB. Judgements are not here: they are
-- the rule files in rules/catalogue, which are queries over these tables.
--
-- Conventions. RVAs, offsets and sizes are bytes. "image" is 'pre', 'post' or 'hotpatch'; a module is the file name
-- of the image, the same on all sides ("dhcpsrv.exe"). Booleans are 0 or 1. Text that is for people says "text".
-- A name that comes from an image or a guest is hostile: whoever prints it escapes it.

-- One row: what KB.yaml declares.
CREATE TABLE kb (
  kb       TEXT NOT NULL,
  track    TEXT NOT NULL,          -- hotpatch, baseline, out-of-band
  baseline TEXT NOT NULL           -- KB number of the baseline month, '' when not given
);
CREATE TABLE declared_function (name TEXT PRIMARY KEY);
-- Whose machines the KB is offered to: 'hotpatch' (enrolled in the hotpatch track), 'standard' (all others).
CREATE TABLE offered (machines TEXT PRIMARY KEY);

-- Which evidence exists. A rule that needs what is missing is "not evaluated", with this reason.
--   kind: 'private' (types and every function name), 'public' (names only), 'lab' (the dynamic half ran to its end),
--         'hotpatch' (the KB has a hotpatch image)
--   subject: the module, or '' for the whole KB
CREATE TABLE evidence (
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  available INTEGER NOT NULL,
  reason    TEXT NOT NULL,         -- why it is missing, '' when available
  PRIMARY KEY (kind, subject)
);

-- Anything else that could not be judged: a budget spent, a function that would not decode.
CREATE TABLE not_evaluated (
  subject TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (subject, reason)
);

-- Every image of pre and post. One that did not change has a row here and in input, and nowhere else.
CREATE TABLE image_pair (
  module       TEXT NOT NULL,      -- of an image on one side only: its path
  status       TEXT NOT NULL,      -- compared, unchanged (the same bytes), added, removed, not evaluated
  pre_path     TEXT, post_path TEXT,            -- NULL where the side has none; packages are like folders in it
  component    TEXT NOT NULL,      -- of Windows, lower case; '' when not known
  architecture TEXT NOT NULL,      -- as the component says it (amd64, wow64), else of the image (x64)
  language     TEXT NOT NULL,      -- neutral, en-us
  pre_version  TEXT, post_version TEXT,         -- of the component, NULL when not known
  CHECK (pre_path IS NOT NULL OR post_path IS NOT NULL)
);
-- Files of the packages that only Windows can expand.
CREATE TABLE unexpanded_file (path TEXT PRIMARY KEY, reason TEXT NOT NULL);
-- What a package says of itself (update.mum).
CREATE TABLE package (path TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, architecture TEXT NOT NULL, language TEXT NOT NULL);

CREATE TABLE input (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL);   -- path relative to KB.yaml

CREATE TABLE image (
  image_id          INTEGER PRIMARY KEY,
  module            TEXT NOT NULL,
  image             TEXT NOT NULL,             -- pre, post, hotpatch
  path              TEXT NOT NULL,             -- relative to KB.yaml
  machine           TEXT NOT NULL,             -- x64, arm64, x86
  timestamp         INTEGER NOT NULL,          -- FileHeader.TimeDateStamp
  checksum          INTEGER NOT NULL,          -- OptionalHeader.CheckSum
  size_of_image     INTEGER NOT NULL,
  file_size         INTEGER NOT NULL,
  sha256            TEXT NOT NULL,
  symbols           TEXT NOT NULL,             -- private, public, none
  UNIQUE (module, image)
);

-- What the image says of itself in single bits (analyzer/image/image_properties.h): 'guard-cf', 'cet-compat', 'hotpatch-compatible', ...
CREATE TABLE image_property (image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, PRIMARY KEY (image_id, name));

CREATE TABLE section (
  image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, rva INTEGER NOT NULL, virtual_size INTEGER NOT NULL,
  file_offset INTEGER NOT NULL, file_size INTEGER NOT NULL, characteristics INTEGER NOT NULL,
  PRIMARY KEY (image_id, rva)
);
CREATE TABLE export (
  image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, ordinal INTEGER NOT NULL, rva INTEGER NOT NULL,
  forwarder TEXT NOT NULL, PRIMARY KEY (image_id, ordinal, name)
);
CREATE TABLE import (
  image_id INTEGER NOT NULL REFERENCES image, dll TEXT NOT NULL,  -- lower case
  name TEXT NOT NULL,                                             -- or '#ordinal'
  delayed INTEGER NOT NULL, PRIMARY KEY (image_id, dll, name)
);

-- One row a function body: the primary entry; chained and cold fragments belong to it.
CREATE TABLE function (
  function_id       INTEGER PRIMARY KEY,
  image_id          INTEGER NOT NULL REFERENCES image,
  rva               INTEGER NOT NULL,
  size              INTEGER NOT NULL,          -- of the primary range
  name              TEXT NOT NULL,             -- undecorated, for people; 'sub_1400' style when there is none
  linkage_name      TEXT NOT NULL,             -- decorated, or the name
  source            TEXT NOT NULL,             -- what named it: pdb, public, export, pdata
  padding           INTEGER NOT NULL,          -- CC or 90 filler bytes directly in front of the entry, counted up to 16
  first_instruction_size INTEGER NOT NULL,     -- 0 when it does not decode
  branches_to_entry INTEGER NOT NULL,          -- branches from inside its own body to its first 2 bytes (ARM64: 8)
  is_root           INTEGER NOT NULL,          -- entry point, exported, or its address is taken: it can be called from anywhere
  UNIQUE (image_id, rva)
);
-- All names of a body; more than one row means that the linker folded equal functions.
CREATE TABLE function_name (function_id INTEGER NOT NULL REFERENCES function, name TEXT NOT NULL, PRIMARY KEY (function_id, name));

-- Direct calls and tail jumps between bodies of one image.
CREATE TABLE call (caller INTEGER NOT NULL REFERENCES function, callee INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  PRIMARY KEY (caller, callee, site_rva));
CREATE INDEX call_by_callee ON call (callee);
-- Which function calls which import, directly or through a thunk (analyzer/code/import_calls.h).
CREATE TABLE import_call (
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  dll TEXT NOT NULL, name TEXT NOT NULL,       -- as in table import
  polls INTEGER NOT NULL,                      -- a wait whose timeout is a constant zero
  PRIMARY KEY (function_id, site_rva)
);
-- Of the base and the update: functions whose address the system was given (analyzer/code/registrations.h).
CREATE TABLE registration (
  function_id INTEGER NOT NULL REFERENCES function,
  kind    TEXT NOT NULL,                       -- thread, service-main, once, initializer, tls-callback, dll-entry, callback
  api     TEXT NOT NULL,                       -- 'CreateThread'; 'TLS directory', 'table __xc_a', 'entry point'
  registrar INTEGER REFERENCES function,       -- the function with the call; NULL when the image's own tables say it
  site_rva INTEGER NOT NULL,                   -- 0 when the image's own tables say it
  PRIMARY KEY (function_id, kind, site_rva)
);
-- S_INLINESITE: the body of function_id contains a copy of inlinee.
CREATE TABLE inline_site (function_id INTEGER NOT NULL REFERENCES function, inlinee TEXT NOT NULL, PRIMARY KEY (function_id, inlinee));

-- Data that code of the hotpatch image refers to: this image's data is a second copy. A constant with pointers in it gives a
-- mutable row for each pointer to mutable data, at the pointer's own RVA: a slot that the loader may bind to the base.
CREATE TABLE data_access (
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL, target_rva INTEGER NOT NULL,
  target      TEXT NOT NULL,                   -- the global's name, or 'section+0xoffset'
  mutable     INTEGER NOT NULL,                -- the target's section is writable
  text        TEXT NOT NULL,                   -- the instruction
  PRIMARY KEY (function_id, site_rva, target_rva)
);

-- Functions of pre and post, paired.
CREATE TABLE function_pair (
  pair_id    INTEGER PRIMARY KEY,
  module     TEXT NOT NULL,
  pre        INTEGER REFERENCES function,      -- NULL: added
  post       INTEGER REFERENCES function,      -- NULL: removed
  status     TEXT NOT NULL,                    -- identical, changed, added, removed
  matched_by TEXT NOT NULL,                    -- the pass that paired them, '' when unpaired
  line_only  INTEGER NOT NULL                  -- changed, but only in line-number immediates
);
CREATE INDEX function_pair_by_pre ON function_pair (pre);
CREATE INDEX function_pair_by_post ON function_pair (post);
CREATE TABLE change_reason (pair_id INTEGER NOT NULL REFERENCES function_pair, reason TEXT NOT NULL, PRIMARY KEY (pair_id, reason));
-- Side-by-side disassembly around the first difference of a changed pair. A side is NULL where it has no such line.
CREATE TABLE listing (
  pair_id INTEGER NOT NULL REFERENCES function_pair, line INTEGER NOT NULL, pre_rva INTEGER, pre_text TEXT, post_rva INTEGER, post_text TEXT,
  differs INTEGER NOT NULL, PRIMARY KEY (pair_id, line)
);

-- A second decoder reads every changed, added and redirected function, and every replacement, too. One row an image: how much.
CREATE TABLE second_opinion (
  image_id INTEGER PRIMARY KEY REFERENCES image,
  decoder  TEXT NOT NULL,                      -- name and version: 'Capstone 4.0.2'
  functions INTEGER NOT NULL, instructions INTEGER NOT NULL
);
-- A function that the two decoders do not read alike, with the number of its instructions.
CREATE TABLE decoder_disagreement (
  function_id INTEGER PRIMARY KEY REFERENCES function,
  contradicted INTEGER NOT NULL,               -- both read an instruction, and not the same
  unknown     INTEGER NOT NULL                 -- the second decoder reads none
);
-- Where: the first 16 of each sort in the function.
CREATE TABLE decoder_disagreement_place (
  function_id INTEGER NOT NULL REFERENCES decoder_disagreement, rva INTEGER NOT NULL,
  kind        TEXT NOT NULL,                   -- boundary (they end at different bytes), operation, unknown
  first_text  TEXT NOT NULL,                   -- how LLVM, which decides, reads it
  second_text TEXT NOT NULL,                   -- how the second decoder reads it, '' when unknown
  PRIMARY KEY (function_id, rva)
);

-- What changed functions promise and expect (analyzer/diff/contract_diff.h has the aspects): where old and new code meet,
-- both must agree on it.
CREATE TABLE contract_change (
  pre INTEGER NOT NULL REFERENCES function, post INTEGER NOT NULL REFERENCES function,
  aspect TEXT NOT NULL,                        -- prototype, lock balance, memory balance, ..., locks taken, wait, lock call, timeout,
                                               -- exception handler, cold parts
  pre_text TEXT NOT NULL, post_text TEXT NOT NULL,
  gained INTEGER NOT NULL,                     -- of balances and calls: the update has what the base has not
  PRIMARY KEY (pre, aspect)
);
-- Calls of changed functions, in the base and in the update, with the locks that the caller may or does hold at them.
CREATE TABLE border_call (
  caller INTEGER NOT NULL REFERENCES function, callee INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  may_hold INTEGER NOT NULL, must_hold INTEGER NOT NULL, PRIMARY KEY (caller, site_rva)
);
-- Of the base: calls that take a lock which is a global.
CREATE TABLE lock_use (
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL, api TEXT NOT NULL, lock TEXT NOT NULL,
  PRIMARY KEY (function_id, site_rva)
);
-- Changed functions and those that call them, in the base and in the update: what they take and give back
-- (analyzer/code/path_balance.h). No row: nothing of the family.
CREATE TABLE resource_balance (
  function_id INTEGER NOT NULL REFERENCES function,
  family  TEXT NOT NULL,                       -- lock, memory, handle, socket, registry key, library, mapping
  takes   INTEGER NOT NULL, gives INTEGER NOT NULL,  -- its own calls of imports
  at_exit TEXT NOT NULL,                       -- taken minus given back on the ways through it, with what it calls: '0, +1'
  PRIMARY KEY (function_id, family)
);

-- Types of both PDBs that differ, compared by name. Unchanged types have no row.
CREATE TABLE type_pair (
  type_id INTEGER PRIMARY KEY, module TEXT NOT NULL, name TEXT NOT NULL,
  kind    TEXT NOT NULL,                       -- struct, class, union, enum, typedef
  status  TEXT NOT NULL,                       -- changed, added, removed
  pre_size INTEGER, post_size INTEGER,         -- NULL where there is none, and when ambiguous
  pre_underlying TEXT, post_underlying TEXT,   -- of an enum or a typedef: the type that it stands for; else NULL
  pre_definitions INTEGER NOT NULL, post_definitions INTEGER NOT NULL,  -- that differ and have this name
  ambiguous INTEGER NOT NULL,                  -- which of them changed is not known: no sizes, no members
  UNIQUE (module, name)
);
-- All members of such a type, in offset order, those that did not change too.
CREATE TABLE field_pair (
  type_id INTEGER NOT NULL REFERENCES type_pair, ordinal INTEGER NOT NULL, name TEXT NOT NULL,
  status  TEXT NOT NULL,                       -- same, moved, retyped, added, removed
  pre_offset INTEGER, post_offset INTEGER,     -- bytes; of an enumerator its value; of a virtual function its slot's in the vtable
  pre_type TEXT, post_type TEXT,
  kind    TEXT NOT NULL,                       -- member, bit field, base, virtual base, vtable pointer, virtual function,
                                               -- static member, enumerator
  pre_bit INTEGER, post_bit INTEGER,           -- of a bit field, in its storage unit; else NULL
  pre_bits INTEGER, post_bits INTEGER,         -- that it takes; 0: none, or unknown
  PRIMARY KEY (type_id, ordinal)
);
-- Types that changed only because they hold (a member, an array, a base) another one that changed.
CREATE TABLE type_cause (type_id INTEGER NOT NULL REFERENCES type_pair, cause INTEGER NOT NULL REFERENCES type_pair,
  PRIMARY KEY (type_id, cause));
-- What a changed or removed struct, class or union reaches in the base (analyzer/diff/type_reach.h).
CREATE TABLE type_reach (
  type_id INTEGER NOT NULL REFERENCES type_pair,
  kind    TEXT NOT NULL,                       -- of types: embedded in, pointed to by; of variables: global, global pointer; of functions:
                                               -- uses global, local, parameter, pointer, allocation, allocation of its size, allocation of
                                               -- unknown size, its size, unknown use
  name    TEXT NOT NULL,
  function_id INTEGER REFERENCES function,     -- NULL for types and variables
  site_rva INTEGER NOT NULL,                   -- of the instruction or variable, 0: none
  offset  INTEGER NOT NULL                     -- of an unknown use: the member's
);
CREATE INDEX type_reach_by_type ON type_reach (type_id, kind);
-- Instructions of the base that touch a member that moved, went or got another type, or (offset NULL) some object of an
-- array (analyzer/code/pointer_walk.h). Exact; what is not known has no row.
CREATE TABLE member_use (
  type_id INTEGER NOT NULL REFERENCES type_pair, function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  offset  INTEGER, width INTEGER NOT NULL, member TEXT NOT NULL, writes INTEGER NOT NULL,
  text    TEXT NOT NULL                        -- the instruction
);
CREATE INDEX member_use_by_type ON member_use (type_id);
-- Classes whose bases differ, as the images' own run-time type data (RTTI) says it.
CREATE TABLE hierarchy_pair (
  module TEXT NOT NULL, name TEXT NOT NULL,    -- the decorated type name: '.?AVServer@@'
  pre_bases TEXT NOT NULL, post_bases TEXT NOT NULL,  -- each with its offset: '.?AVBase@@ at 0x0, .?AVLog@@ at 0x10'
  PRIMARY KEY (module, name)
);

-- Layouts that the code of a module without private symbols on both sides shows to have changed
-- (analyzer/diff/inferred_layout.h). With private symbols type_pair says it, and there are no rows.
CREATE TABLE inferred_layout (
  layout_id  INTEGER PRIMARY KEY, module TEXT NOT NULL,
  kind       TEXT NOT NULL,                    -- inserted, removed, widened, reordered, grown, shrunk, bit field
  confidence TEXT NOT NULL,                    -- low, medium, high
  start      INTEGER,                          -- first displacement that differs; NULL when only sizes do
  delta      INTEGER NOT NULL,                 -- bytes; 0 when members changed places or only bits differ
  functions  INTEGER NOT NULL, sites INTEGER NOT NULL, sizes INTEGER NOT NULL, bits INTEGER NOT NULL,  -- how many of each
  contradictions INTEGER NOT NULL,             -- displacements that moved at some sites and stayed at others
  text       TEXT NOT NULL
);
-- The first 16 instructions of each kind that show it.
CREATE TABLE inferred_layout_evidence (
  layout_id INTEGER NOT NULL REFERENCES inferred_layout, ordinal INTEGER NOT NULL,
  kind      TEXT NOT NULL,                     -- displacement, size, bits
  function_id INTEGER NOT NULL REFERENCES function,  -- of pre
  pre_rva INTEGER NOT NULL, post_rva INTEGER NOT NULL,
  pre INTEGER NOT NULL, post INTEGER NOT NULL, -- the displacement, the size, the mask or shift
  detail    TEXT NOT NULL,                     -- of a size: 'call argument of kernel32.dll!HeapAlloc'; of bits: '+0x14'
  PRIMARY KEY (layout_id, ordinal)
);

-- Global and static data of both PDBs that differ. Unchanged ones have no row.
CREATE TABLE global_pair (
  global_id INTEGER PRIMARY KEY, module TEXT NOT NULL, name TEXT NOT NULL,
  status  TEXT NOT NULL,                       -- changed, added, removed
  pre_rva INTEGER, post_rva INTEGER, pre_size INTEGER, post_size INTEGER, pre_type TEXT, post_type TEXT,
  mutable INTEGER NOT NULL,                    -- the post side's section is writable (of the pre side when removed)
  value_changed INTEGER NOT NULL,              -- initial contents differ after references are resolved to what they refer to
  UNIQUE (module, name)
);

-- What else is known of the data in global_pair, and what data does to a patch (analyzer/facts/data_writer.h).
CREATE TABLE global_place (
  global_id INTEGER PRIMARY KEY REFERENCES global_pair,
  kind    TEXT NOT NULL,                       -- variable, constant (writable on no side), thread (thread-local), vtable
  pre_section TEXT, post_section TEXT,
  pre_writable INTEGER, post_writable INTEGER, pre_shared INTEGER, post_shared INTEGER,   -- rights of the section
  pre_offset INTEGER, post_offset INTEGER,     -- of a thread-local one, in the block that each thread has
  in_pointer INTEGER NOT NULL                  -- a pointer in a variable leads to it, so anybody may use it
);
-- Which function uses it, of the function's own image: pre, post or hotpatch.
CREATE TABLE data_use (
  global_id INTEGER NOT NULL REFERENCES global_pair, function_id INTEGER NOT NULL REFERENCES function,
  reads INTEGER NOT NULL,                      -- an instruction that only reads
  writes INTEGER NOT NULL, takes_address INTEGER NOT NULL, PRIMARY KEY (global_id, function_id)
);
CREATE INDEX data_use_by_function ON data_use (function_id);
-- Entries of a vtable or another table that lead to a function on a side, and not to the same one on both.
CREATE TABLE function_table_entry (
  global_id INTEGER NOT NULL REFERENCES global_pair, offset INTEGER NOT NULL,
  pre INTEGER REFERENCES function, post INTEGER REFERENCES function,   -- NULL: the side has no function there
  PRIMARY KEY (global_id, offset)
);
-- Changed functions that differ in nothing but the contents of constants in global_pair.
CREATE TABLE constant_only_change (pair_id INTEGER PRIMARY KEY REFERENCES function_pair);
-- Instructions of changed and added functions of the update that fault at the place where the base has the variable.
CREATE TABLE alignment_need (
  module TEXT NOT NULL, name TEXT NOT NULL,    -- of the variable; 'section+0xoffset' of the base when it has none
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL, base_rva INTEGER NOT NULL,
  bytes INTEGER NOT NULL,                      -- its address has to be a multiple of this
  text TEXT NOT NULL, PRIMARY KEY (function_id, site_rva)
);
-- Function-local statics with a dynamic initialiser (analyzer/code/static_guards.h), unchanged ones too.
CREATE TABLE local_static (
  static_id INTEGER PRIMARY KEY, module TEXT NOT NULL,
  variable TEXT NOT NULL,                      -- 'Fix::limit'; 'a static of Fix' when it has no name
  status  TEXT NOT NULL,                       -- identical, changed (the initialiser's own code), added, removed
  style   TEXT NOT NULL,                       -- thread-safe, bit
  pre INTEGER REFERENCES function, post INTEGER REFERENCES function,   -- whose static it is
  pre_guard_rva INTEGER, post_guard_rva INTEGER,
  pre_begin INTEGER, pre_end INTEGER           -- RVAs of the base's initialiser, NULL when not known
);
-- What the base's initialiser of such a static calls.
CREATE TABLE local_static_call (
  static_id INTEGER NOT NULL REFERENCES local_static, callee INTEGER NOT NULL REFERENCES function, PRIMARY KEY (static_id, callee)
);
-- The block of thread-local variables: bytes that are copied for each thread, and zeros behind them.
CREATE TABLE tls_block (image_id INTEGER PRIMARY KEY REFERENCES image, template_size INTEGER NOT NULL, zero_fill INTEGER NOT NULL);

-- The hotpatch table of a hotpatch image (analyzer/image/hotpatch_format.h).
CREATE TABLE hotpatch (
  image_id INTEGER PRIMARY KEY REFERENCES image, version INTEGER NOT NULL, size INTEGER NOT NULL, sequence INTEGER NOT NULL,
  min_sequence INTEGER NOT NULL, flags INTEGER NOT NULL
);
CREATE TABLE hotpatch_base (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL, sequence INTEGER NOT NULL, flags INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (image_id, ordinal)
);
CREATE TABLE hotpatch_record (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL,
  kind    TEXT NOT NULL,                       -- function, absolute, rel32, call-target, indirect, no-call-target, dynamic-value
  inverse INTEGER NOT NULL,
  written_rva INTEGER NOT NULL,                -- in the base; in the hotpatch image when inverse
  target_rva  INTEGER NOT NULL,                -- in the other image
  base_function     INTEGER REFERENCES function,  -- pre body whose entry is the base-side RVA, when it is one
  hotpatch_function INTEGER REFERENCES function,  -- hotpatch body whose entry is the hotpatch-side RVA, when it is one
  PRIMARY KEY (image_id, ordinal)
);

-- Functions of the hotpatch image that run once the patch is active: the replacements and all that they call, jump to or
-- take the address of, also by way of constants (analyzer/code/reached_functions.h).
CREATE TABLE patch_reach (function_id INTEGER PRIMARY KEY REFERENCES function);
-- Which state the code that redirects lead to works on (analyzer/facts/state_writer.h). The path by which a function of the
-- hotpatch image is reached: "Fix -> Work".
CREATE TABLE state_reach (function_id INTEGER PRIMARY KEY REFERENCES function, path TEXT NOT NULL);
-- Accesses of what is reached to mutable data, to slots that the loader binds, and to imports.
CREATE TABLE state_access (
  function_id INTEGER NOT NULL REFERENCES state_reach, site_rva INTEGER NOT NULL, target_rva INTEGER NOT NULL, target TEXT NOT NULL,
  binding  TEXT NOT NULL,                      -- bound (to the base), own copy, import, thread-local
  bound_by TEXT NOT NULL,                      -- absolute, indirect, dynamic-value; loader: as every image's imports; '' for nobody
  base_target TEXT NOT NULL,                   -- what it is bound to in the base, '' when not bound there
  access   TEXT NOT NULL,                      -- read, write, address (handed out: it can be stored anywhere); of a slot: of the slot
  text     TEXT NOT NULL,                      -- the instruction
  PRIMARY KEY (function_id, site_rva, target_rva)
);
-- Data of the hotpatch image's own that is accessed, and why the copy can come to differ from the base's data.
CREATE TABLE state_datum (
  image_id INTEGER NOT NULL REFERENCES hotpatch, rva INTEGER NOT NULL, size INTEGER NOT NULL, name TEXT NOT NULL,
  writer   TEXT NOT NULL,                      -- who stores to it or could; '': nobody does in any build, and all begin with one value
  PRIMARY KEY (image_id, rva)
);
-- What the loader would answer to the hotpatch image on this base (analyzer/hotpatch/loader_prediction.h). No row: it applies.
CREATE TABLE loader_refusal (
  image_id INTEGER NOT NULL REFERENCES image,
  ordinal  INTEGER NOT NULL,                   -- 0 is its answer; the others follow once that is mended
  record   INTEGER,                            -- ordinal in hotpatch_record; NULL: of the whole table
  status   INTEGER,                            -- NTSTATUS; NULL: refused, and with what is not known
  rva INTEGER, file_offset INTEGER,            -- of the value in the hotpatch image that is refused; NULL where there is none
  place TEXT NOT NULL, reason TEXT NOT NULL,   -- text
  PRIMARY KEY (image_id, ordinal)
);
-- The bytes that a record leaves in memory (analyzer/hotpatch/predicted_write.h). Call targets write nothing.
CREATE TABLE predicted_write (
  image_id INTEGER NOT NULL REFERENCES hotpatch,
  record   INTEGER NOT NULL,                   -- ordinal in hotpatch_record
  image    TEXT NOT NULL,                      -- that is written: pre, hotpatch
  rva INTEGER NOT NULL, size INTEGER NOT NULL,
  value    TEXT NOT NULL,                      -- what the ?? of bytes_after hold: redirect (rel32 to the thunk), branch, pointer, copied, per-boot, unknown
  target_rva INTEGER NOT NULL,                 -- in the other image: what the thunk or the pointer leads to, or where the copied pointer stands
  name     TEXT NOT NULL,                      -- of the function or slot that is written
  bytes_before TEXT NOT NULL, bytes_after TEXT NOT NULL,  -- hex; ?? where only the process knows
  PRIMARY KEY (image_id, record)
);
-- What no loader refuses and is odd all the same (analyzer/hotpatch/record_audit.h has the kinds).
CREATE TABLE hotpatch_oddity (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL,
  record   INTEGER,                            -- ordinal in hotpatch_record; NULL: of the whole table
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,                      -- of the function, slot or variable that it is about, '' when none
  text     TEXT NOT NULL, PRIMARY KEY (image_id, ordinal)
);

-- The hotpatch images of the KB before, on the same baseline (KB.yaml's key previous).
CREATE TABLE previous_hotpatch (
  previous_id INTEGER PRIMARY KEY, module TEXT NOT NULL UNIQUE, path TEXT NOT NULL, sequence INTEGER NOT NULL
);
CREATE TABLE previous_base (
  previous_id INTEGER NOT NULL REFERENCES previous_hotpatch, ordinal INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (previous_id, ordinal)
);
CREATE TABLE previous_redirect (
  previous_id INTEGER NOT NULL REFERENCES previous_hotpatch, base_rva INTEGER NOT NULL, PRIMARY KEY (previous_id, base_rva)
);

-- Functions of post and of the hotpatch image, paired and compared like function_pair: the hot fix must be the cold fix.
CREATE TABLE hotpatch_pair (
  module TEXT NOT NULL, post INTEGER REFERENCES function, hotpatch INTEGER REFERENCES function,
  status TEXT NOT NULL                         -- identical, changed, added, removed
);
CREATE INDEX hotpatch_pair_by_post ON hotpatch_pair (post);
CREATE INDEX hotpatch_pair_by_hotpatch ON hotpatch_pair (hotpatch);

-- Of those that differ, where only the hotpatch image goes through reference slots: whether both are proved to do the same
-- (analyzer/diff/slot_proof.h).
CREATE TABLE slot_proof (
  hotpatch INTEGER PRIMARY KEY REFERENCES function,
  proved   INTEGER NOT NULL,
  obstacle TEXT NOT NULL                       -- why not, '' when proved
);
-- Both bodies of what is not proved, side by side from end to end. A side is NULL where it has no such line.
CREATE TABLE slot_listing (
  hotpatch INTEGER NOT NULL REFERENCES slot_proof, line INTEGER NOT NULL, post_rva INTEGER, post_text TEXT,
  hotpatch_rva INTEGER, hotpatch_text TEXT, differs INTEGER NOT NULL, PRIMARY KEY (hotpatch, line)
);
-- Functions of the hotpatch image that its PDB says were compiled for a hotpatch (S_HOTPATCHFUNC). Some linkers drop the
-- record: no row at all says nothing.
CREATE TABLE hotpatch_marked (function_id INTEGER PRIMARY KEY REFERENCES function);
-- hotpatch_pair with the proofs: 'identical through slots', 'not proved'.
CREATE VIEW hot_fix (module, post, hotpatch, status) AS
  SELECT h.module, h.post, h.hotpatch,
         CASE s.proved WHEN 1 THEN 'identical through slots' WHEN 0 THEN 'not proved' ELSE h.status END
  FROM hotpatch_pair h LEFT JOIN slot_proof s ON s.hotpatch = h.hotpatch;

-- Base functions that the hotpatch image redirects.
CREATE VIEW redirected_function (function_id) AS
  SELECT DISTINCT base_function FROM hotpatch_record WHERE kind = 'function' AND NOT inverse AND base_function IS NOT NULL;
-- Base functions whose old code still runs once the patch is active: whatever is called from outside, and what that calls.
CREATE VIEW live_function (function_id) AS
  WITH RECURSIVE live(f) AS (
    SELECT p.function_id FROM function p JOIN image i USING (image_id)
    WHERE i.image = 'pre' AND p.function_id NOT IN (SELECT function_id FROM redirected_function)
      AND (p.is_root OR NOT EXISTS (SELECT 1 FROM call c WHERE c.callee = p.function_id AND c.caller <> p.function_id))
    UNION
    SELECT c.callee FROM live JOIN call c ON c.caller = live.f
    WHERE c.callee NOT IN (SELECT function_id FROM redirected_function))
  SELECT f FROM live;

-- Data that differ, used by what runs once the patch is active: as the update uses them, and as the hotpatch image does.
CREATE VIEW patched_use (global_id, name, reads, writes, takes_address) AS
  SELECT u.global_id, f.name, MAX(u.reads), MAX(u.writes), MAX(u.takes_address)
  FROM (SELECT d.*, d.function_id AS ran FROM data_use d
        UNION ALL SELECT d.*, h.hotpatch FROM data_use d JOIN hotpatch_pair h ON h.post = d.function_id) u
  JOIN patch_reach r ON r.function_id = u.ran
  JOIN function f ON f.function_id = u.ran
  GROUP BY u.global_id, f.name;
-- Types whose size, or the place of a member, changed.
CREATE VIEW moved_type (type_id) AS
  SELECT type_id FROM type_pair t
  WHERE status = 'changed' AND kind <> 'typedef'
    AND (pre_size <> post_size
         OR EXISTS (SELECT 1 FROM object_member f WHERE f.type_id = t.type_id AND (f.pre_offset <> f.post_offset OR f.pre_bit <> f.post_bit)));
-- Members that are bytes of an object, with the bits of it that they take.
CREATE VIEW object_member AS
  SELECT f.*, f.pre_offset * 8 + COALESCE(f.pre_bit, 0) AS pre_begin,
         CASE f.pre_bits WHEN 0 THEN MAX(t.pre_size, f.pre_offset) * 8 ELSE f.pre_offset * 8 + COALESCE(f.pre_bit, 0) + f.pre_bits END AS pre_end,
         f.post_offset * 8 + COALESCE(f.post_bit, 0) AS post_begin, f.post_offset * 8 + COALESCE(f.post_bit, 0) + f.post_bits AS post_end
  FROM field_pair f JOIN type_pair t USING (type_id)
  WHERE f.kind IN ('member', 'bit field', 'base', 'virtual base', 'vtable pointer');
-- Removed members that no known code uses: no access to them, none that may be one.
CREATE VIEW unused_member (type_id, ordinal) AS
  SELECT type_id, ordinal FROM object_member f
  WHERE status = 'removed' AND pre_bits > 0
    AND NOT EXISTS (SELECT 1 FROM member_use u WHERE u.type_id = f.type_id AND (u.offset IS NULL OR u.member = f.name))
    AND NOT EXISTS (SELECT 1 FROM type_reach r WHERE r.type_id = f.type_id AND r.kind = 'unknown use' AND r.offset = f.pre_offset);
-- Both sides of another name for the same bits of the same type.
CREATE VIEW renamed_member (type_id, ordinal) AS
  SELECT f.type_id, f.ordinal FROM object_member f JOIN object_member o ON o.type_id = f.type_id
  WHERE (f.status = 'added' AND o.status = 'removed' AND o.pre_begin = f.post_begin AND o.pre_type = f.post_type)
     OR (f.status = 'removed' AND o.status = 'added' AND o.post_begin = f.pre_begin AND o.post_type = f.pre_type);
-- Added members that lie where no member was, or only one that nobody used.
CREATE VIEW member_in_spare_bits (type_id, ordinal) AS
  SELECT a.type_id, a.ordinal FROM object_member a JOIN type_pair t USING (type_id)
  WHERE a.status = 'added' AND a.post_bits > 0 AND a.post_end <= t.pre_size * 8
    AND NOT EXISTS (SELECT 1 FROM object_member o WHERE o.type_id = a.type_id AND o.pre_begin < a.post_end AND a.post_begin < o.pre_end
                    AND (o.type_id, o.ordinal) NOT IN (SELECT type_id, ordinal FROM unused_member));
-- Types that kept their size and members, and got new ones in spare bits only.
CREATE VIEW type_fills_spare_bits (type_id) AS
  SELECT type_id FROM type_pair t
  WHERE status = 'changed' AND kind IN ('struct', 'class', 'union') AND pre_size = post_size
    AND EXISTS (SELECT 1 FROM member_in_spare_bits m WHERE m.type_id = t.type_id)
    AND NOT EXISTS (SELECT 1 FROM object_member f WHERE f.type_id = t.type_id AND f.status <> 'same'
                    AND NOT (f.status = 'added' AND (f.type_id, f.ordinal) IN (SELECT type_id, ordinal FROM member_in_spare_bits))
                    AND NOT (f.status = 'removed' AND (f.type_id, f.ordinal) IN (SELECT type_id, ordinal FROM unused_member))
                    AND (f.type_id, f.ordinal) NOT IN (SELECT type_id, ordinal FROM renamed_member));
-- Types that only grew at their end.
CREATE VIEW type_grows_at_end (type_id) AS
  SELECT type_id FROM type_pair t
  WHERE status = 'changed' AND kind IN ('struct', 'class', 'union') AND pre_size < post_size
    AND NOT EXISTS (SELECT 1 FROM object_member f WHERE f.type_id = t.type_id AND f.status <> 'same'
                    AND NOT (f.status = 'added' AND (f.post_begin >= t.pre_size * 8
                             OR (f.type_id, f.ordinal) IN (SELECT type_id, ordinal FROM member_in_spare_bits)))
                    AND (f.type_id, f.ordinal) NOT IN (SELECT type_id, ordinal FROM renamed_member));
-- Types of which a virtual function has another slot, or none any more; new ones behind all that there were move nothing.
CREATE VIEW type_moves_slots (type_id) AS
  SELECT DISTINCT f.type_id FROM field_pair f
  WHERE f.kind = 'virtual function'
    AND (f.status IN ('moved', 'removed', 'retyped')
         OR (f.status = 'added' AND EXISTS (SELECT 1 FROM field_pair o WHERE o.type_id = f.type_id AND o.kind = 'virtual function'
                                            AND o.pre_offset >= f.post_offset)));
-- Types whose objects all come from redirected functions: no variable, no other type has one, and the code that still runs
-- neither makes nor copies nor counts them. No other module hands one to a redirected function.
CREATE VIEW type_made_by_redirected_code (type_id) AS
  SELECT type_id FROM type_pair t
  WHERE EXISTS (SELECT 1 FROM type_reach r JOIN redirected_function USING (function_id)
                WHERE r.type_id = t.type_id AND r.kind IN ('allocation', 'allocation of its size', 'local'))
    AND NOT EXISTS (SELECT 1 FROM type_reach r WHERE r.type_id = t.type_id AND r.kind IN ('embedded in', 'global'))
    AND NOT EXISTS (SELECT 1 FROM type_reach r JOIN live_function USING (function_id) WHERE r.type_id = t.type_id
                    AND r.kind IN ('local', 'allocation', 'allocation of its size', 'allocation of unknown size', 'its size'))
    AND NOT EXISTS (SELECT 1 FROM member_use u JOIN live_function USING (function_id) WHERE u.type_id = t.type_id AND u.offset IS NULL)
    AND NOT EXISTS (SELECT 1 FROM type_reach r JOIN redirected_function USING (function_id) JOIN function f USING (function_id)
                    WHERE r.type_id = t.type_id AND r.kind = 'parameter' AND f.is_root);
-- Types of which the running process can have no object that outlives a call of redirected code: no variable, no other type
-- has or points to one, the code that still runs knows none, and no other module can hand one over.
CREATE VIEW type_without_live_object (type_id) AS
  SELECT type_id FROM type_pair t
  WHERE status = 'changed' AND kind IN ('struct', 'class', 'union') AND NOT ambiguous
    AND NOT EXISTS (SELECT 1 FROM type_reach r WHERE r.type_id = t.type_id
                    AND r.kind IN ('embedded in', 'pointed to by', 'global', 'global pointer'))
    AND NOT EXISTS (SELECT 1 FROM type_reach r JOIN live_function USING (function_id) WHERE r.type_id = t.type_id
                    AND r.kind IN ('local', 'parameter', 'pointer', 'uses global', 'allocation'))
    AND NOT EXISTS (SELECT 1 FROM type_reach r JOIN function f USING (function_id)
                    WHERE r.type_id = t.type_id AND r.kind = 'parameter' AND f.is_root)
    AND NOT EXISTS (SELECT 1 FROM member_use u JOIN live_function USING (function_id) WHERE u.type_id = t.type_id);

-- Pairs that differ in more than line numbers.
CREATE VIEW changed_function (module, pre, post) AS
  SELECT module, pre, post FROM function_pair WHERE status = 'changed' AND NOT line_only;
-- The three-way audit: what the update changes against what the hotpatch redirects, and the redirected code against the
-- update's. A row for each function of a module with a hotpatch table that is changed, added, removed or redirected.
--   cold: base -> update ('identical', 'changed', 'line numbers only', 'added', 'removed')
--   redirected: 'yes', 'no', 'to another function'
--   hot: update -> hotpatch image, as in hot_fix; 'not there' when the hotpatch image has no such function
--   outcome: replaced, comes with its callers, line numbers only, new, not used any more, stays until the restart: in order;
--            needless redirect, not proved, not redirected, other code, another function: see the findings
CREATE VIEW three_way (module, function, pre, post, hotpatch, cold, redirected, hot, outcome) AS
  WITH live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
  redirect(base, target) AS MATERIALIZED (
    SELECT base_function, MIN(hotpatch_function) FROM hotpatch_record
    WHERE kind = 'function' AND NOT inverse AND base_function IS NOT NULL GROUP BY base_function),
  seen(module, pre, post, hotpatch, status, redirected, hot, is_live, line_only) AS (
    SELECT p.module, p.pre, p.post, h.hotpatch,
           CASE WHEN p.line_only THEN 'line numbers only' ELSE p.status END,
           CASE WHEN r.base IS NULL THEN 'no' WHEN r.target IS NOT h.hotpatch THEN 'to another function' ELSE 'yes' END,
           CASE WHEN p.post IS NULL THEN '' WHEN h.hotpatch IS NULL THEN 'not there' ELSE h.status END,
           p.pre IN (SELECT f FROM live), p.line_only
    FROM function_pair p
    LEFT JOIN redirect r ON r.base = p.pre
    LEFT JOIN hot_fix h ON h.post = p.post
    WHERE p.module IN (SELECT i.module FROM image i JOIN hotpatch t USING (image_id))
      AND (p.status <> 'identical' OR r.base IS NOT NULL))
  SELECT s.module, f.name, s.pre, s.post, s.hotpatch, s.status, s.redirected, s.hot,
         CASE
           WHEN s.redirected = 'to another function' THEN 'another function'
           WHEN s.redirected = 'yes' AND s.status = 'identical' THEN 'needless redirect'
           WHEN s.post IS NULL THEN CASE WHEN s.is_live THEN 'stays until the restart' ELSE 'not used any more' END
           WHEN s.line_only AND s.redirected = 'no' THEN 'line numbers only'
           WHEN s.redirected = 'no' AND s.is_live THEN 'not redirected'
           WHEN s.hot = 'not proved' THEN 'not proved'
           WHEN s.hot NOT IN ('identical', 'identical through slots') THEN 'other code'
           WHEN s.pre IS NULL THEN 'new'
           WHEN s.redirected = 'no' THEN 'comes with its callers'
           ELSE 'replaced'
         END
  FROM seen s JOIN function f ON f.function_id = COALESCE(s.post, s.pre);

-- Names of changed functions, and of those that are declared as changed: what an inlined copy of one is called.
CREATE VIEW changed_name (module, name) AS
  SELECT c.module, n.name FROM changed_function c JOIN function_name n ON n.function_id IN (c.pre, c.post)
  UNION SELECT c.module, f.name FROM changed_function c JOIN function f ON f.function_id IN (c.pre, c.post)
  UNION SELECT i.module, d.name FROM declared_function d JOIN image i;

-- Every byte of both files, by what it belongs to and how it compares (analyzer/diff/ledger.h).
CREATE TABLE ledger (module TEXT NOT NULL, cause TEXT NOT NULL, pre_bytes INTEGER NOT NULL, post_bytes INTEGER NOT NULL, PRIMARY KEY (module, cause));
CREATE TABLE ledger_unattributed (
  module TEXT NOT NULL, image TEXT NOT NULL, file_offset INTEGER NOT NULL, size INTEGER NOT NULL, section TEXT NOT NULL,
  PRIMARY KEY (module, image, file_offset)
);

-- The lab (harness/lab). One run a role.
CREATE TABLE lab_run (
  run_id   INTEGER PRIMARY KEY,
  role     TEXT NOT NULL,                      -- dhcp
  module   TEXT NOT NULL,
  provider TEXT NOT NULL,                      -- qemu, wine-host, ssh, libvirt
  accelerator TEXT NOT NULL,                   -- kvm, tcg, native
  outcome  TEXT NOT NULL                       -- completed, lab-fault, interrupted
);
-- The steps of design "Lab", in order, each with its outcome. A step that was not reached has no row.
CREATE TABLE lab_step (
  run_id INTEGER NOT NULL REFERENCES lab_run, ordinal INTEGER NOT NULL,
  phase  TEXT NOT NULL,                        -- control (before the patch), patched, undone, restarted (from the update's image)
  step   TEXT NOT NULL,                        -- restore, health, smoke, witness, soak, apply, verify, undo, restart, frames
  outcome TEXT NOT NULL,                       -- ok, failed, lab-fault
  text   TEXT NOT NULL, PRIMARY KEY (run_id, ordinal)
);
-- What a probe asked and what came back.
CREATE TABLE lab_probe (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, step TEXT NOT NULL,
  exchange TEXT NOT NULL,                      -- discover-offer, request-ack, renew, rebind, release, decline, inform, nak, crowd (new clients at the same time), witness
  sent INTEGER NOT NULL, answered INTEGER NOT NULL, late INTEGER NOT NULL,   -- answered within the deadline; late: after it
  wrong INTEGER NOT NULL,                      -- answered with wrong content
  first_wrong TEXT NOT NULL,                   -- text: expected and got, of the first wrong answer
  deadline_ms INTEGER NOT NULL, median_ms REAL NOT NULL, worst_ms REAL NOT NULL,
  PRIMARY KEY (run_id, phase, step, exchange)
);
-- Exchanges of the run's role whose probe is known to be flaky: their rows in lab_probe are not judged until that day.
CREATE TABLE lab_quarantine (
  run_id INTEGER NOT NULL REFERENCES lab_run, exchange TEXT NOT NULL,
  until  TEXT NOT NULL,                        -- 2026-12-10
  reason TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (run_id, exchange)
);
-- The witness shows the defect ('vulnerable') or its absence ('fixed').
CREATE TABLE lab_witness (run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, seen TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run_id, phase));
-- The service process, looked at after each step. state: running, exited.
CREATE TABLE lab_process (
  run_id INTEGER NOT NULL REFERENCES lab_run, ordinal INTEGER NOT NULL, phase TEXT NOT NULL, step TEXT NOT NULL, state TEXT NOT NULL,
  service_state TEXT NOT NULL,                 -- what the service manager says: running, stopped, unknown
  pid INTEGER NOT NULL, start_time INTEGER NOT NULL, exit_code INTEGER, PRIMARY KEY (run_id, ordinal)
);
-- What became of a service whose process was missed in a step: watched for a bounded time, then asked once. At most one for a run, which ends there.
CREATE TABLE lab_recovery (
  run_id INTEGER NOT NULL REFERENCES lab_run PRIMARY KEY, phase TEXT NOT NULL, step TEXT NOT NULL,
  state TEXT NOT NULL,                         -- at the end of the watch: running, exited
  service_state TEXT NOT NULL,                 -- what the service manager says then
  restarts INTEGER NOT NULL,                   -- 1: the guest's service manager starts a crashed service again; 0: it never does (wine)
  waited_ms INTEGER NOT NULL,                  -- how long a new process was waited for
  answer TEXT                                  -- of the new process: '' when right, else its fault; NULL: there was none to ask
);
-- Each new process of that service that was seen, in order.
CREATE TABLE lab_restart (
  run_id INTEGER NOT NULL REFERENCES lab_run, ordinal INTEGER NOT NULL, pid INTEGER NOT NULL, start_time INTEGER NOT NULL, PRIMARY KEY (run_id, ordinal)
);
-- Counters during a soak. 'transactions' counts completed exchanges since the start of the soak.
CREATE TABLE lab_sample (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, transactions INTEGER NOT NULL,
  private_bytes INTEGER NOT NULL, threads INTEGER NOT NULL,
  handles INTEGER,                             -- NULL where the guest does not say
  PRIMARY KEY (run_id, phase, transactions)
);
-- Slope of a counter per transaction: Theil-Sen with a bootstrap interval. counter: private-bytes, threads, handles.
CREATE TABLE lab_slope (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, counter TEXT NOT NULL, samples INTEGER NOT NULL, transactions INTEGER NOT NULL,
  per_transaction REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, confidence REAL NOT NULL, PRIMARY KEY (run_id, phase, counter)
);
-- patched minus control of the same run.
CREATE TABLE lab_growth (
  run_id INTEGER NOT NULL REFERENCES lab_run, counter TEXT NOT NULL, per_transaction REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
  confidence REAL NOT NULL, PRIMARY KEY (run_id, counter)
);
-- Latencies of the two soaks compared by rank (harness/monitor/latency.h).
CREATE TABLE lab_latency (
  run_id INTEGER NOT NULL REFERENCES lab_run, exchange TEXT NOT NULL, control_answers INTEGER NOT NULL, patched_answers INTEGER NOT NULL,
  control_median_ms REAL NOT NULL, patched_median_ms REAL NOT NULL,
  slower  REAL NOT NULL,                       -- how likely a patched answer takes longer than a control one; 0.5: no difference
  p_value REAL NOT NULL, PRIMARY KEY (run_id, exchange)
);
-- What the threads of the idle service are inside of, before the patch (phase control) and after its soak (patched).
CREATE TABLE lab_frame (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, thread INTEGER NOT NULL,
  depth  INTEGER NOT NULL,                     -- 0: the next instruction; behind it return addresses
  module TEXT NOT NULL, rva INTEGER NOT NULL,  -- '' and 0 outside of all modules
  PRIMARY KEY (run_id, phase, thread, depth)
);
-- A Windows machine as a target of hotpatches, before the patch (phase control), with it (patched), and after the restart (restarted).
CREATE TABLE lab_machine (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL,
  build  INTEGER NOT NULL, revision INTEGER NOT NULL, -- 26100, 1742
  enrolment TEXT NOT NULL,                     -- Hotpatch.amd64; '' when the machine is not enrolled
  enrolment_version TEXT NOT NULL,
  switch_status INTEGER, switch_flags INTEGER, -- what NtManageHotPatch answers to CheckEnabled; NULL where there is none
  pending_restart TEXT NOT NULL,               -- who waits for a restart; '' when nobody does
  offered INTEGER,                             -- 1: the KB is offered by a scan, 0: it is not; NULL: no scan
  PRIMARY KEY (run_id, phase)
);
-- What the role's service wrote into the event log in a phase. meaning: started, ready, lab-fault, slow, other (harness/guest/windows/event_gate.h).
CREATE TABLE lab_event (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, event INTEGER NOT NULL, meaning TEXT NOT NULL, text TEXT NOT NULL,
  level  INTEGER NOT NULL,                     -- the lowest: 1 critical, 2 error, 3 warning, 4 information
  count  INTEGER NOT NULL, PRIMARY KEY (run_id, phase, event)
);
-- Guest memory against the prediction (predicted_write). after: 'apply' or 'undo'.
CREATE TABLE lab_bytes (
  run_id INTEGER NOT NULL REFERENCES lab_run, after TEXT NOT NULL,
  rva INTEGER NOT NULL, function TEXT NOT NULL, -- a redirected function's entry, or a slot of the hotpatch image
  expected TEXT NOT NULL, found TEXT NOT NULL, -- hex
  image TEXT NOT NULL,                         -- whose memory: pre, hotpatch
  PRIMARY KEY (run_id, after, image, rva)
);
