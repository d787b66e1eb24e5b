"""spark_job.py BOOTSTRAP TOPIC JARS: loads all partitions in parallel by offset range and prints counts and checksums as JSON.

Run by test_spark.py inside Spark's own environment. The sum of CRC-32 over key, value, partition and offset does not depend on
the order in which tasks finish.
"""
import json
import sys

from pyspark.sql import SparkSession, functions as f

bootstrap, topic, jars = sys.argv[1:]
spark = (SparkSession.builder.master("local[2]").appName("load").config("spark.jars", jars).config("spark.ui.enabled", "false")
         .config("spark.driver.memory", "512m").config("spark.sql.shuffle.partitions", "2").getOrCreate())
records = (spark.read.format("kafka").option("kafka.bootstrap.servers", bootstrap).option("subscribe", topic)
           .option("startingOffsets", "earliest").option("endingOffsets", "latest").option("minPartitions", "8").load())
row = records.select(
    "partition", f.crc32(f.concat_ws("|", f.col("key").cast("string"), f.col("value").cast("string"),
                                     f.col("partition").cast("string"), f.col("offset").cast("string"))).alias("sum"))
result = {str(r["partition"]): [r["count"], r["sum"]]
          for r in row.groupBy("partition").agg(f.count("*").alias("count"), f.sum("sum").alias("sum")).collect()}
print("RESULT " + json.dumps({"partitions": result, "tasks": records.rdd.getNumPartitions()}))
spark.stop()
