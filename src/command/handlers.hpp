// The handlers of commands that run on sessions, by the names of their commands. Each appends exactly one
// reply; the arity of its arguments has been checked.
#pragma once

#include <limpet/command/command.hpp>

namespace limpet::command::handlers {

// strings.cpp
void append(Context& context, Args args);
void get(Context& context, Args args);
void getdel(Context& context, Args args);
void getset(Context& context, Args args);
void mget(Context& context, Args args);
void mset(Context& context, Args args);
void msetnx(Context& context, Args args);
void strlen(Context& context, Args args);

// ranges.cpp
void getrange(Context& context, Args args);
void setrange(Context& context, Args args);

// set.cpp
void getex(Context& context, Args args);
void psetex(Context& context, Args args);
void set(Context& context, Args args);
void setex(Context& context, Args args);
void setnx(Context& context, Args args);

// counters.cpp
void decr(Context& context, Args args);
void decrby(Context& context, Args args);
void hincrby(Context& context, Args args);
void incr(Context& context, Args args);
void incrby(Context& context, Args args);

// floats.cpp
void hincrbyfloat(Context& context, Args args);
void incrbyfloat(Context& context, Args args);

// hashes.cpp
void hdel(Context& context, Args args);
void hexists(Context& context, Args args);
void hget(Context& context, Args args);
void hgetall(Context& context, Args args);
void hkeys(Context& context, Args args);
void hlen(Context& context, Args args);
void hmget(Context& context, Args args);
void hmset(Context& context, Args args);
void hset(Context& context, Args args);
void hsetnx(Context& context, Args args);
void hstrlen(Context& context, Args args);
void hvals(Context& context, Args args);

// keys.cpp
void del(Context& context, Args args);
void exists(Context& context, Args args);
void flush(Context& context, Args args);
void touch(Context& context, Args args);
void type(Context& context, Args args);

// relocate.cpp
void copy(Context& context, Args args);
void rename(Context& context, Args args);
void renamenx(Context& context, Args args);

// inspect.cpp
void memory(Context& context, Args args);
void object(Context& context, Args args);

// expiry.cpp
void expire(Context& context, Args args);
void expireat(Context& context, Args args);
void expiretime(Context& context, Args args);
void persist(Context& context, Args args);
void pexpire(Context& context, Args args);
void pexpireat(Context& context, Args args);
void pexpiretime(Context& context, Args args);
void pttl(Context& context, Args args);
void ttl(Context& context, Args args);

// scan.cpp
void hscan(Context& context, Args args);
void keys(Context& context, Args args);
void scan(Context& context, Args args);

}  // namespace limpet::command::handlers
