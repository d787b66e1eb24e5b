// round_trip.js BOOTSTRAP TOPIC: what test_kafkajs.py runs. Prints one JSON line with what it saw; any failure is a non-zero exit.
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs')
const Snappy = require('kafkajs-snappy')
CompressionCodecs[CompressionTypes.Snappy] = Snappy

const [bootstrap, topic] = process.argv.slice(2)
const kafka = new Kafka({ brokers: [bootstrap], clientId: 'kafkajs', logLevel: logLevel.ERROR })
const COUNT = 100

async function produce(codec) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const messages = Array.from({ length: COUNT }, (_, n) => ({ key: `${codec}-${n}`, value: `value ${n}`, headers: { codec } }))
  await producer.send({ topic, acks: -1, compression: CompressionTypes[codec], messages })
  await producer.disconnect()
}

async function consume(groupId, count) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const seen = {}
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${Object.keys(seen).length} of ${count}`)), 30000).unref()
    consumer.run({
      eachMessage: async ({ message }) => {
        seen[message.key.toString()] = [message.value.toString(), message.headers.codec.toString()]
        if (Object.keys(seen).length === count) resolve()
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  return seen
}

async function main() {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
  const codecs = ['None', 'GZIP', 'Snappy']
  for (const codec of codecs) await produce(codec)
  const seen = await consume(`group-${topic}`, COUNT * codecs.length)
  const offsets = (await admin.fetchTopicOffsets(topic)).reduce((sum, p) => sum + Number(p.high), 0)
  const group = (await admin.describeGroups([`group-${topic}`])).groups[0].state
  await admin.deleteGroups([`group-${topic}`])
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
  console.log(JSON.stringify({ offsets, group, seen }))
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })
